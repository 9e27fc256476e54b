//! SIDs of users who exist in the cloud.

use kerberos::sid::Sid;

/// The SID of an object of Entra: `S-1-12-1-` and the object id as four numbers of 32 bits, least octet first. `None` when the
/// id is no GUID.
pub fn cloud_sid(object_id: &str) -> Option<Sid> {
    const CLOUD_AUTHORITY: u64 = 12;
    let digits: String = object_id.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let number = |at: usize, length: usize| u32::from_str_radix(digits.get(at..at + length)?, 16).ok();
    // the first three fields of a GUID are numbers, the last two are octets
    let (data1, data2, data3) = (number(0, 8)?, number(8, 4)?, number(12, 4)?);
    let (octets, more) = (number(16, 8)?, number(24, 8)?);
    let parts = [
        1,
        data1,
        data3 << 16 | data2,
        octets.swap_bytes(),
        more.swap_bytes(),
    ];
    Sid::new(CLOUD_AUTHORITY, &parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_id_is_in_the_sid() {
        // a published pair
        let sid = cloud_sid("73d664e4-0886-4a73-b745-c694da45ddb4").unwrap();
        assert_eq!(
            sid.to_string(),
            "S-1-12-1-1943430372-1249052806-2496021943-3034400218"
        );
        for wrong in [
            "",
            "73d664e4-0886-4a73-b745-c694da45ddb",
            "é3d664e4-0886-4a73-b745-c694da45dd",
            "x3d664e4-0886-4a73-b745-c694da45ddb4",
        ] {
            assert_eq!(cloud_sid(wrong), None, "{wrong}");
        }
    }
}
