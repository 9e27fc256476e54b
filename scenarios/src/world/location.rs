//! Where a host is, and what that lets it reach.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A place with its own addresses and its own line of sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Location {
    /// The company's main network.
    Office,
    /// A branch of the company with a line to the office.
    Branch,
    /// A home network: the internet, not the company.
    Home,
    /// A home network with the company's VPN: the internet and the office.
    Vpn,
    /// The internet and what is served there.
    Cloud,
}

impl Location {
    /// Every location, in the order of declaration.
    pub const ALL: [Self; 5] = [Self::Office, Self::Branch, Self::Home, Self::Vpn, Self::Cloud];

    /// The name that lab files and the command line use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Branch => "branch",
            Self::Home => "home",
            Self::Vpn => "vpn",
            Self::Cloud => "cloud",
        }
    }

    /// Whether the company's own network, its DNS zones included, is in reach.
    pub const fn is_inside(self) -> bool {
        matches!(self, Self::Office | Self::Branch | Self::Vpn)
    }

    /// Whether a packet from here finds a way to `other`. The internet is in reach from everywhere, the company's
    /// network only from inside; nobody reaches into a home.
    pub const fn reaches(self, other: Self) -> bool {
        match other {
            Self::Cloud => true,
            Self::Office | Self::Branch | Self::Vpn => self.is_inside(),
            Self::Home => matches!(self, Self::Home),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
