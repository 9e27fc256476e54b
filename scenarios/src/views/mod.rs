//! What an engineer can look at anywhere in a world: each machine's tools and event logs, and what Graph says of a user.
//!
//! A device shows what it knows ([`client_sim::views`]). What needs more than one actor's knowledge is put together here:
//! a Security log needs the message behind a decision, a token the directory, a stripchart two clocks.

mod bundle;
mod logs;
mod look;
mod people;
mod servers;
mod why;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

pub use bundle::{EvidenceFile, bundle};
use client_sim::Act;
use client_sim::views::dc_found;
use evidence::nltest::DsGetDc;
use evidence::w32tm::{Stripchart, TimeSource, TimeStatus};
use evidence::winhttp::WinHttpProxy;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use kerberos::Timestamp;
use kerberos::netlogon::DcFlags;
pub use look::Subject;

use crate::world::{HostId, Role, World};

impl World {
    /// `nltest /dsgetdc:DOMAIN` with flags that are required. The device asks the network, which is part of its story; look
    /// from a copy of the world where it should not be.
    pub fn dsgetdc(&mut self, device: HostId, domain: &str, required: DcFlags, force: bool) -> DsGetDc {
        let act = Act::LocateDc {
            domain: domain.into(),
            required,
            rediscover: force,
        };
        dc_found(&self.act_as(device, None, &act))
    }

    /// The AD domain that whoever sits at a device would name: their own, else the one the device is joined to.
    pub fn domain_at(&self, device: HostId) -> Option<String> {
        let lab = self.lab().lab();
        let upn = self.user_at(device);
        let user = lab.users.values().find(|user| {
            upn.as_deref()
                .is_some_and(|upn| user.upn.eq_ignore_ascii_case(upn))
        });
        let own = user.and_then(|user| lab.domains.get(user.domain.as_ref()?));
        let own = own.map(|domain| domain.dns_name.clone());
        own.or_else(|| Some(self.device(device)?.config.join.ad_domain()?.to_string()))
    }

    /// Who sits at a device: whoever is signed in, else its owner.
    pub fn user_at(&self, device: HostId) -> Option<Arc<str>> {
        let signed_in = self
            .device(device)?
            .sessions
            .last()
            .map(|session| Arc::clone(&session.upn));
        signed_in.or_else(|| {
            let Role::Device(index) = self.topology().host(device).role else {
                return None;
            };
            let lab = self.lab().lab();
            let (_, declared) = lab.devices.get_index(usize::from(index))?;
            let owner = declared.owner.as_ref().and_then(|name| lab.users.get(name))?;
            Some(owner.upn.as_str().into())
        })
    }

    /// `w32tm /query /status`: a hybrid joined device follows a DC of its domain, an Entra joined one a server of the
    /// internet, which this lab does not have.
    pub fn time_status(&self, device: HostId) -> TimeStatus {
        let domain = self
            .device(device)
            .and_then(|device| device.config.join.ad_domain());
        let dc = domain.and_then(|domain| self.first_dc(domain));
        let source = match dc {
            Some(dc) => TimeSource {
                name: self.topology().host(dc).dns_name.to_string(),
                address: v4(self.address(dc)),
            },
            None => TimeSource {
                name: "time.windows.com,0x9".to_owned(),
                address: INTERNET_TIME,
            },
        };
        let now = self.civil(device, self.clock_of(device));
        TimeStatus {
            leap: 0,
            stratum: 4,
            precision: -23,
            root_delay: 312_500,
            root_dispersion: 77_902_343,
            source: Some(source),
            last_sync: now.with().minute(0).second(0).subsec_nanosecond(0).build().ok(),
            poll_interval: 10,
        }
    }

    /// `w32tm /stripchart /computer:HOST /dataonly /samples:N`: how far the clock of `other` is ahead of the device's.
    pub fn stripchart(&self, device: HostId, other: HostId, samples: u8) -> Stripchart {
        const TICKS_PER_MICROSECOND: i64 = 10;
        let now = self.civil(device, self.clock_of(device));
        let ahead = self.clock_of(other).unix_micros() - self.clock_of(device).unix_micros();
        let reaches = self.reaches(self.place(device), other);
        let offset = reaches.then(|| ahead.saturating_mul(TICKS_PER_MICROSECOND));
        let sample = |index: u8| {
            let seconds = i64::from(index) * 2;
            let time = self.civil(device, Timestamp(self.clock_of(device).0 + seconds * 1_000_000));
            (time, offset)
        };
        Stripchart {
            computer: self.topology().host(other).dns_name.to_string(),
            address: v4(self.address(other)),
            now,
            samples: (0..samples).map(sample).collect(),
        }
    }

    /// The same of the first DC of the domain that whoever sits there would name, with three samples.
    pub fn domain_stripchart(&self, device: HostId) -> Option<Stripchart> {
        let dc = self.first_dc(&self.domain_at(device)?)?;
        Some(self.stripchart(device, dc, 3))
    }

    /// `netsh winhttp show proxy`: through what a device reaches Entra.
    pub fn winhttp_proxy(&self, device: HostId) -> WinHttpProxy {
        self.proxy_of(device)
            .map_or(WinHttpProxy::Direct, |servers| WinHttpProxy::Named {
                servers: servers.to_string(),
                bypass: None,
            })
    }

    /// The first DC of a domain, which holds its PDC role.
    fn first_dc(&self, domain: &str) -> Option<HostId> {
        let lab = self.lab().lab();
        let (name, _) = lab
            .domains
            .iter()
            .find(|(_, known)| known.dns_name.eq_ignore_ascii_case(domain))?;
        let dc = lab.dcs.values().find(|dc| dc.domain == *name)?;
        self.topology().find(&dc.host)
    }

    /// A time on the clock face of a device.
    fn civil(&self, device: HostId, time: Timestamp) -> DateTime {
        let minutes = self
            .device(device)
            .map_or(0, |device| device.config.utc_offset_minutes);
        let offset = Offset::from_seconds(minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
        let time = jiff::Timestamp::from_second(time.unix_seconds()).unwrap_or_default();
        offset.to_datetime(time)
    }
}

/// A documentation address in the place of one of the internet's.
const INTERNET_TIME: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 123);

const fn v4(address: IpAddr) -> Ipv4Addr {
    match address {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}
