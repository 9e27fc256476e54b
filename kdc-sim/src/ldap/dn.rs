//! Distinguished names (RFC 4514), as far as a directory of this kind has them.

/// The distinguished name of a domain: `DC=ad,DC=fernhill,DC=example`.
pub(super) fn of_domain(dns_name: &str) -> String {
    let parts: Vec<String> = dns_name.split('.').map(|label| format!("DC={label}")).collect();
    parts.join(",")
}

/// The first part of a name, with what has to be escaped escaped.
pub(super) fn part(kind: &str, value: &str) -> String {
    let mut text = format!("{kind}=");
    for (index, letter) in value.chars().enumerate() {
        let edge = index == 0 && matches!(letter, ' ' | '#');
        if edge || matches!(letter, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

/// A form in which two spellings of a name are equal: lower case, no spaces around commas and equals signs.
pub(super) fn normal(dn: &str) -> String {
    parts(dn).join(",")
}

/// Whether `dn` is below `base`, both in normal form; by how many parts.
pub(super) fn depth_below(dn: &str, base: &str) -> Option<usize> {
    if base.is_empty() {
        return Some(parts(dn).len());
    }
    if dn == base {
        return Some(0);
    }
    let front = dn.strip_suffix(base)?.strip_suffix(',')?;
    Some(parts(front).len())
}

fn parts(dn: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut escaped = false;
    for letter in dn.chars() {
        match letter {
            _ if escaped => {
                escaped = false;
                part.push(letter);
            }
            '\\' => {
                escaped = true;
                part.push(letter);
            }
            ',' => parts.push(std::mem::take(&mut part)),
            letter => part.push(letter),
        }
    }
    if !part.is_empty() || !parts.is_empty() {
        parts.push(part);
    }
    parts.iter().map(|part| tidy(part)).collect()
}

fn tidy(part: &str) -> String {
    match part.split_once('=') {
        Some((kind, value)) => format!("{}={}", kind.trim(), value.trim()).to_lowercase(),
        None => part.trim().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_spaces() {
        assert_eq!(normal("CN = Ada , DC=AD,dc=Example"), "cn=ada,dc=ad,dc=example");
        assert_eq!(normal(&part("CN", "Lovelace, Ada")), "cn=lovelace\\, ada");
        assert_eq!(of_domain("ad.example"), "DC=ad,DC=example");
    }

    #[test]
    fn depth_counts_parts() {
        assert_eq!(depth_below("cn=a,cn=users,dc=x", "dc=x"), Some(2));
        assert_eq!(depth_below("dc=x", "dc=x"), Some(0));
        assert_eq!(depth_below("cn=a,dc=xx", "dc=x"), None);
        assert_eq!(depth_below("cn=a\\,b,dc=x", "dc=x"), Some(1));
    }
}
