//! `users.csv`: the people of a real domain for whom the emulated Entra issues partial TGTs.
//!
//! | column | also known as | holds |
//! |---|---|---|
//! | `sam` | `SamAccountName` | the sAMAccountName, at most 20 characters |
//! | `upn` | `UserPrincipalName` | the sign-in name, `alice@lab.test` |
//! | `sid` | `ObjectSid` | the objectSid, `S-1-5-21-…` |
//! | `display-name` | `DisplayName`, `Name` | may be left out |
//!
//! No column holds a password: these people sign in with Hello keys of the lab.

use std::collections::BTreeMap;

use kerberos::sid::Sid;

/// A person of the real domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RealUser {
    /// sAMAccountName.
    pub(crate) sam: String,
    /// The sign-in name.
    pub(crate) upn: String,
    /// objectSid.
    pub(crate) sid: Sid,
    /// As people say it.
    pub(crate) display_name: Option<String>,
}

/// What is wrong with the file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UsersError {
    /// Not CSV, or not UTF-8.
    #[error("line {line}: {why}")]
    Format {
        /// Where, from 1.
        line: u64,
        /// What was expected or came.
        why: String,
    },
    /// A column that is needed is not there.
    #[error("expected the columns sam, upn and sid, and at most display-name; {0}")]
    Columns(String),
    /// Nobody is in it, or too many.
    #[error("expected 1 to {USERS_MAX} users, found {0}")]
    Number(usize),
}

/// More would be no lab any more.
const USERS_MAX: usize = 100;

/// Reads the file.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub(crate) fn read(octets: &[u8]) -> Result<Vec<RealUser>, UsersError> {
    // what Export-Csv may put in front
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(octets);
    let columns = Columns::of(reader.headers().map_err(|error| format(&error))?)?;
    let mut users: Vec<RealUser> = Vec::new();
    let mut seen = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| format(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let at_line = |why: String| UsersError::Format { line, why };
        let user = columns.user(&record).map_err(at_line)?;
        if let Some(first) = users
            .first()
            .filter(|first| first.sid.domain() != user.sid.domain())
        {
            let why = format!(
                "expected SIDs of one domain, found {} after {}",
                user.sid, first.sid
            );
            return Err(at_line(why));
        }
        for key in [
            user.sam.to_lowercase(),
            user.upn.to_lowercase(),
            user.sid.to_string(),
        ] {
            if let Some(earlier) = seen.insert(key.clone(), line).filter(|earlier| *earlier != line) {
                return Err(at_line(format!("{key} stands in line {earlier} already")));
            }
        }
        users.push(user);
    }
    match users.len() {
        1..=USERS_MAX => Ok(users),
        number => Err(UsersError::Number(number)),
    }
}

/// Which field of a record holds what.
struct Columns {
    sam: usize,
    upn: usize,
    sid: usize,
    display_name: Option<usize>,
}

impl Columns {
    fn of(headers: &csv::StringRecord) -> Result<Self, UsersError> {
        let mut found = [None; 4];
        for (index, header) in headers.iter().enumerate() {
            let place = match header.to_lowercase().replace(['-', '_', ' '], "").as_str() {
                "sam" | "samaccountname" => 0,
                "upn" | "userprincipalname" => 1,
                "sid" | "objectsid" => 2,
                "displayname" | "name" => 3,
                _ => return Err(UsersError::Columns(format!("{header:?} is none of them"))),
            };
            let slot = found.get_mut(place).and_then(|slot| slot.replace(index));
            if slot.is_some() {
                return Err(UsersError::Columns(format!("{header:?} is there twice")));
            }
        }
        let [sam, upn, sid, display_name] = found;
        let needed = |column: Option<usize>, name: &str| {
            column.ok_or_else(|| UsersError::Columns(format!("{name} is missing")))
        };
        Ok(Self {
            sam: needed(sam, "sam")?,
            upn: needed(upn, "upn")?,
            sid: needed(sid, "sid")?,
            display_name,
        })
    }

    fn user(&self, record: &csv::StringRecord) -> Result<RealUser, String> {
        let field = |column: usize| record.get(column).unwrap_or_default();
        let (sam, upn, sid) = (field(self.sam), field(self.upn), field(self.sid));
        let sam_fits =
            (1..=20).contains(&sam.chars().count()) && !sam.contains(|c| "\"/\\[]:;|=,+*?<>@ ".contains(c));
        if !sam_fits {
            return Err(format!(
                "expected a sAMAccountName of at most 20 characters, found {sam:?}"
            ));
        }
        let parts: Vec<&str> = upn.split('@').collect();
        if !matches!(parts.as_slice(), [name, suffix] if !name.is_empty() && !suffix.is_empty()) {
            return Err(format!("expected a UPN such as alice@lab.test, found {upn:?}"));
        }
        let parsed: Option<Sid> = sid.parse().ok();
        let parsed = parsed.filter(|_| sid.starts_with("S-1-5-21-") && sid.split('-').count() == 8);
        Ok(RealUser {
            sam: sam.to_owned(),
            upn: upn.to_owned(),
            sid: parsed.ok_or_else(|| {
                format!("expected the SID of an account, S-1-5-21-… with four numbers, found {sid:?}")
            })?,
            display_name: self
                .display_name
                .map(field)
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        })
    }
}

fn format(error: &csv::Error) -> UsersError {
    UsersError::Format {
        line: error.position().map_or(1, csv::Position::line),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "S-1-5-21-1-2-3-1104";

    fn refused(text: &str, why: &str) {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(why), "{error:?} should say {why:?}");
    }

    #[test]
    fn plain_columns_and_those_of_export_csv_are_read() {
        let wanted = RealUser {
            sam: "alice".to_owned(),
            upn: "alice@lab.test".to_owned(),
            sid: ALICE.parse().unwrap(),
            display_name: None,
        };
        let plain = format!("sam,upn,sid\nalice,alice@lab.test,{ALICE}\n");
        assert_eq!(read(plain.as_bytes()).unwrap(), std::slice::from_ref(&wanted));
        let exported = format!(
            "\u{FEFF}\"DisplayName\",\"UserPrincipalName\",\"SamAccountName\",\"SID\"\r\n\"Alice, of accounts\",\"alice@lab.test\",\"alice\",\"{ALICE}\"\r\n"
        );
        let named = RealUser {
            display_name: Some("Alice, of accounts".to_owned()),
            ..wanted
        };
        assert_eq!(read(exported.as_bytes()).unwrap(), [named]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        refused("sam,upn\n", "sid is missing");
        refused("sam,upn,sid,password\n", "\"password\" is none of them");
        refused("sam,upn,sid,SID\n", "there twice");
        refused("sam,upn,sid\n", "found 0");
        let of = |rows: &str| format!("sam,upn,sid\nalice,alice@lab.test,{ALICE}\n{rows}\n");
        refused(
            &of("a b,b@lab.test,S-1-5-21-1-2-3-5"),
            "line 3: expected a sAMAccountName",
        );
        refused(&of("bob,bob,S-1-5-21-1-2-3-5"), "line 3: expected a UPN");
        refused(
            &of("bob,b@lab.test,S-1-5-32-544"),
            "line 3: expected the SID of an account",
        );
        refused(
            &of("bob,b@lab.test,S-1-5-21-1-2-3"),
            "line 3: expected the SID of an account",
        );
        refused(
            &of("bob,b@lab.test,S-1-5-21-1-2-4-5"),
            "line 3: expected SIDs of one domain",
        );
        refused(
            &of(&format!("bob,b@lab.test,{ALICE}")),
            "stands in line 2 already",
        );
        refused(&of("bob,b@lab.test"), "line 3");
    }
}
