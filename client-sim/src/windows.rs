//! Versions of Windows, and from which of them on cloud trust is there.

/// A version as Windows reports it: `10.0.22631.4460`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowsVersion {
    /// `22631`
    pub build: u32,
    /// The update level of the build (UBR): `4460`.
    pub revision: u32,
}

impl WindowsVersion {
    /// Reads `10.0.BUILD.REVISION`; the revision may be left out.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("10.0.")?.split('.');
        let build = parts.next()?.parse().ok()?;
        let revision = match parts.next() {
            None => 0,
            Some(revision) => revision.parse().ok()?,
        };
        parts.next().is_none().then_some(Self { build, revision })
    }

    /// Whether Windows Hello for Business knows cloud trust here: Windows 10 21H2 with KB5010415, Windows 11 21H2 with
    /// KB5010414, and later ones (Microsoft Learn, cloud Kerberos trust deployment guide; PassportForWork CSP).
    pub const fn has_hello_cloud_trust(self) -> bool {
        match self.build {
            19_044 => self.revision >= 1_566,
            22_000 => self.revision >= 527,
            build => build > 19_044,
        }
    }

    /// The release of this build; none for a build between the releases.
    pub fn release(self) -> Option<Release> {
        RELEASES.into_iter().find(|release| release.build == self.build)
    }

    /// Whether a security key brings on-premises tickets here: Windows 10 2004 and later.
    pub const fn has_security_key_tickets(self) -> bool {
        self.build >= 19_041
    }
}

/// A release of Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// `Windows 11 23H2`
    pub name: &'static str,
    /// The version that a well updated device reports.
    pub version: &'static str,
    build: u32,
}

/// Windows 11 23H2, which a device has that says nothing else.
pub const WINDOWS_11_23H2: Release = release("Windows 11 23H2", 22_631, "10.0.22631.4460");

/// The releases, oldest first, each well updated (Microsoft Learn, release information).
pub const RELEASES: [Release; 10] = [
    release("Windows 10 1909", 18_363, "10.0.18363.2274"),
    release("Windows 10 2004", 19_041, "10.0.19041.1415"),
    release("Windows 10 21H1", 19_043, "10.0.19043.2364"),
    release("Windows 10 21H2", 19_044, "10.0.19044.4529"),
    release("Windows 10 22H2", 19_045, "10.0.19045.5131"),
    release("Windows 11 21H2", 22_000, "10.0.22000.3260"),
    release("Windows 11 22H2", 22_621, "10.0.22621.4460"),
    WINDOWS_11_23H2,
    release("Windows 11 24H2", 26_100, "10.0.26100.2314"),
    release("Windows 11 25H2", 26_200, "10.0.26200.6899"),
];

const fn release(name: &'static str, build: u32, version: &'static str) -> Release {
    Release { name, version, build }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_known_by_its_build() {
        for release in RELEASES {
            let version = WindowsVersion::parse(release.version).expect("a version");
            assert_eq!(version.release(), Some(release));
        }
        let other = WindowsVersion::parse("10.0.22632.1").expect("a version");
        assert_eq!(other.release(), None);
    }

    fn has(version: &str) -> bool {
        WindowsVersion::parse(version)
            .expect(version)
            .has_hello_cloud_trust()
    }

    #[test]
    fn cloud_trust_begins_with_an_update_of_each_21h2() {
        assert!(!has("10.0.19043.9999") && !has("10.0.19044.1565") && has("10.0.19044.1566"));
        assert!(has("10.0.19045"));
        assert!(!has("10.0.22000.526") && has("10.0.22000.527") && has("10.0.22621.1"));
    }

    #[test]
    fn security_keys_need_windows_10_2004() {
        let old = WindowsVersion::parse("10.0.18363.1").expect("a version");
        let new = WindowsVersion::parse("10.0.19041.1").expect("a version");
        assert!(!old.has_security_key_tickets() && new.has_security_key_tickets());
    }

    #[test]
    fn other_texts_are_no_version() {
        for text in ["", "10.0", "10.0.x", "10.0.1.2.3", "6.3.9600"] {
            assert_eq!(WindowsVersion::parse(text), None, "{text}");
        }
    }
}
