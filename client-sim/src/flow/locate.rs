//! The DC locator: DNS, then a netlogon ping to each host, and a memory of both outcomes.

use std::cmp::Reverse;
use std::sync::Arc;

use kerberos::codes::NtStatus;
use kerberos::netlogon::{DcFlags, NetlogonQuery, read_reply};
use rand::CryptoRng;

use super::Flow;
use crate::error::FlowError;
use crate::event::{ClientEvent, DcRefusal};
use crate::network::{Endpoint, Network, NetworkError, SrvRecord};
use crate::state::{DomainController, LocatorEntry};

/// What a DC must be able to do to exchange a partial TGT (DS_KEY_LIST_SUPPORT_REQUIRED, DS_KDC_REQUIRED).
pub const EXCHANGE_DC: DcFlags = DcFlags::KDC.union(DcFlags::WRITABLE).union(DcFlags::KEY_LIST);

impl<N: Network> Flow<'_, N> {
    /// Finds a DC of a domain that has all of `required`, as `nltest /dsgetdc:DOMAIN` does. What was found, or not found,
    /// is remembered; `rediscover` asks again all the same.
    ///
    /// # Errors
    /// [`FlowError::NoDomainController`]: nltest prints 1355 for it, Kerberos reports 0xC000005E.
    pub(crate) async fn locate_dc(
        &mut self,
        domain: &str,
        required: DcFlags,
        rediscover: bool,
    ) -> Result<Arc<DomainController>, FlowError> {
        let domain: Arc<str> = domain.to_lowercase().into();
        if !rediscover {
            match self.remembered(&domain, required) {
                Some(Remembered::Found(dc)) => return Ok(dc),
                Some(Remembered::NotFound) => return Err(FlowError::NoDomainController { domain }),
                None => {}
            }
        }
        let site = self.device.site.clone();
        let mut found = self.discover(&domain, site.as_deref(), required).await;
        let better_site = found.as_ref().ok().and_then(|dc| elsewhere(dc, site.as_deref()));
        if let Some(better_site) = better_site {
            self.device.site = Some(Arc::clone(&better_site));
            if let Ok(closer) = self.discover(&domain, Some(&better_site), required).await {
                found = Ok(closer);
            }
        }
        match found {
            Ok(dc) => {
                if let Some(site) = &dc.client_site {
                    self.device.site = Some(Arc::clone(site));
                }
                self.device
                    .locator
                    .insert(domain, LocatorEntry::Found(Arc::clone(&dc)));
                Ok(dc)
            }
            Err(dns) => Err(self.nothing_found(domain, dns)),
        }
    }

    /// Binds a domain to a KDC, as `klist add_bind DOMAIN KDC` does: `host`, which was typed as `typed`, is asked what it can
    /// do, and requests of the domain go to it until the binding ends as any other does, or needs what it cannot do.
    ///
    /// # Errors
    /// Why the host will not do; the bindings stay as they are.
    pub(crate) async fn bind_dc(&mut self, domain: &str, host: &str, typed: &str) -> Result<(), DcRefusal> {
        let domain: Arc<str> = domain.to_lowercase().into();
        let dc = self.ping(&domain, &host.into(), DcFlags::KDC).await?;
        let mut dc = Arc::unwrap_or_clone(dc);
        dc.typed = Some(typed.into());
        self.device
            .kdc_failures
            .retain(|(realm, _), _| !realm.eq_ignore_ascii_case(&domain));
        self.device
            .locator
            .insert(domain, LocatorEntry::Found(Arc::new(dc)));
        Ok(())
    }

    fn remembered(&mut self, domain: &Arc<str>, required: DcFlags) -> Option<Remembered> {
        let now = self.now();
        match self.device.locator.get(domain)? {
            LocatorEntry::Found(dc) => {
                let fresh = now < dc.found + self.device.config.kerberos.locator_positive;
                let dc = Arc::clone(dc);
                if !fresh || !dc.flags.contains(required) {
                    return None;
                }
                self.record(ClientEvent::DcRemembered {
                    domain: Arc::clone(domain),
                    host: Arc::clone(&dc.host),
                });
                Some(Remembered::Found(dc))
            }
            LocatorEntry::NotFound { until, .. } if now < *until => {
                let until = *until;
                self.record(ClientEvent::DcAbsenceRemembered {
                    domain: Arc::clone(domain),
                    until,
                });
                Some(Remembered::NotFound)
            }
            LocatorEntry::NotFound { .. } => None,
        }
    }

    fn nothing_found(&mut self, domain: Arc<str>, dns: Option<NetworkError>) -> FlowError {
        let until = self.now() + self.device.config.kerberos.locator_negative;
        let entry = LocatorEntry::NotFound {
            until,
            status: NtStatus::NO_LOGON_SERVERS,
        };
        self.device.locator.insert(Arc::clone(&domain), entry);
        self.record(ClientEvent::DcNotFound {
            domain: Arc::clone(&domain),
            dns,
        });
        FlowError::NoDomainController { domain }
    }

    /// Asks DNS, for the site first, and pings host after host. The error is that of DNS, if it was DNS.
    async fn discover(
        &mut self,
        domain: &Arc<str>,
        site: Option<&str>,
        required: DcFlags,
    ) -> Result<Arc<DomainController>, Option<NetworkError>> {
        let mut names = Vec::with_capacity(2);
        if let Some(site) = site.filter(|site| !site.is_empty()) {
            names.push(format!("_ldap._tcp.{site}._sites.dc._msdcs.{domain}"));
        }
        names.push(format!("_ldap._tcp.dc._msdcs.{domain}"));
        let mut tried: Vec<Arc<str>> = Vec::new();
        let mut dns = None;
        for name in names {
            match self.network.lookup_srv(&name).await {
                Err(error) => dns = Some(error),
                Ok(records) => {
                    dns = None;
                    for record in in_order(records, self.rng) {
                        if tried.contains(&record.target) {
                            continue;
                        }
                        tried.push(Arc::clone(&record.target));
                        match self.ping(domain, &record.target, required).await {
                            Ok(dc) => return Ok(dc),
                            Err(why) => self.record(ClientEvent::DcRefused {
                                host: record.target,
                                why,
                            }),
                        }
                    }
                }
            }
        }
        Err(dns.filter(|_| tried.is_empty()))
    }

    /// Asks one host whether it will do.
    async fn ping(
        &mut self,
        domain: &Arc<str>,
        host: &Arc<str>,
        required: DcFlags,
    ) -> Result<Arc<DomainController>, DcRefusal> {
        let addresses = self.network.lookup_host(host).await;
        let addresses = addresses.map_err(DcRefusal::NoAnswer)?;
        let message_id = self.rng.next_u32() >> 1;
        let query = NetlogonQuery::new(message_id, domain, &self.device.config.name);
        let answer = self
            .network
            .datagram(&Endpoint::cldap(Arc::clone(host)), query.encode())
            .await
            .map_err(DcRefusal::NoAnswer)?;
        let reply = read_reply(&answer).map_err(|_| DcRefusal::BadAnswer)?;
        if reply.message_id != message_id {
            return Err(DcRefusal::BadAnswer);
        }
        let response = reply.response.ok_or(DcRefusal::OtherDomain)?;
        if !response.dns_domain.eq_ignore_ascii_case(domain) {
            return Err(DcRefusal::OtherDomain);
        }
        let lacks = required.difference(response.flags);
        if !lacks.is_empty() {
            return Err(DcRefusal::Lacks(lacks));
        }
        let address = addresses.first().copied();
        let dc = Arc::new(DomainController::from_response(response, address, self.now()));
        self.record(ClientEvent::DcFound {
            domain: Arc::clone(domain),
            host: Arc::clone(&dc.host),
            flags: dc.flags,
            dc_site: Arc::clone(&dc.dc_site),
            client_site: dc.client_site.clone(),
        });
        Ok(dc)
    }
}

enum Remembered {
    Found(Arc<DomainController>),
    NotFound,
}

/// The site in which a closer DC should be looked for: the DC is not in the device's site, and names it.
fn elsewhere(dc: &DomainController, asked: Option<&str>) -> Option<Arc<str>> {
    let site = dc.client_site.as_ref()?;
    let known = asked.is_some_and(|asked| asked.eq_ignore_ascii_case(site));
    (!known && !dc.flags.contains(DcFlags::CLOSEST) && !dc.dc_site.eq_ignore_ascii_case(site))
        .then(|| Arc::clone(site))
}

/// The order in which a client tries the hosts of a service (RFC 2782): by priority, then by chance, in proportion to the weights.
fn in_order(mut records: Vec<SrvRecord>, rng: &mut dyn CryptoRng) -> Vec<SrvRecord> {
    // whatever the order of the answer, the same draws give the same order
    records.sort();
    let mut ordered = Vec::with_capacity(records.len());
    records.sort_by_key(|record| Reverse(record.priority));
    while let Some(priority) = records.last().map(|record| record.priority) {
        let start = records.partition_point(|record| record.priority > priority);
        let group = records.get(start..).unwrap_or_default();
        // one more than the weights, so that hosts of weight 0 have a small chance
        let total: u64 = group.iter().map(|record| u64::from(record.weight) + 1).sum();
        let mut draw = if group.len() > 1 {
            u64::from(rng.next_u32()) % total
        } else {
            0
        };
        let chosen = group.iter().position(|record| {
            let share = u64::from(record.weight) + 1;
            let hit = draw < share;
            draw = draw.saturating_sub(share);
            hit
        });
        ordered.push(records.remove(start + chosen.unwrap_or_default()));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    fn record(priority: u16, weight: u16, target: &str) -> SrvRecord {
        SrvRecord {
            priority,
            weight,
            target: target.into(),
            port: 389,
        }
    }

    #[test]
    fn hosts_are_tried_by_priority_and_then_by_weight() {
        let mut rng = rand_chacha::ChaCha12Rng::seed_from_u64(1);
        let mut heavy_first = 0;
        for _ in 0..100 {
            let order = in_order(
                vec![
                    record(1, 0, "last"),
                    record(0, 90, "heavy"),
                    record(0, 0, "light"),
                ],
                &mut rng,
            );
            assert_eq!(order.len(), 3);
            assert_eq!(&*order[2].target, "last");
            heavy_first += usize::from(&*order[0].target == "heavy");
        }
        assert!(
            (90..100).contains(&heavy_first),
            "{heavy_first} of 100, expected about 99"
        );
    }
}
