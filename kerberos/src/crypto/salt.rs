//! The salts Active Directory gives string-to-key (MS-KILE section 3.1.1.2). RC4 keys have none.

/// The salt of a user: the realm in upper case and the sAMAccountName in the case it had when the password was set.
pub fn user(realm: &str, sam_account_name: &str) -> String {
    format!("{}{sam_account_name}", realm.to_uppercase())
}

/// The salt of a computer: realm, `host`, and the DNS name in lower case. A trailing `$` of the name is dropped.
pub fn computer(realm: &str, sam_account_name: &str) -> String {
    let name = sam_account_name.strip_suffix('$').unwrap_or(sam_account_name);
    format!(
        "{}host{}.{}",
        realm.to_uppercase(),
        name.to_lowercase(),
        realm.to_lowercase()
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_user_keeps_its_case_and_a_computer_becomes_a_host() {
        assert_eq!(super::user("corp.example", "Alice"), "CORP.EXAMPLEAlice");
        assert_eq!(
            super::computer("CORP.EXAMPLE", "FS01$"),
            "CORP.EXAMPLEhostfs01.corp.example"
        );
        assert_eq!(
            super::computer("CORP.EXAMPLE", "fs01"),
            "CORP.EXAMPLEhostfs01.corp.example"
        );
    }
}
