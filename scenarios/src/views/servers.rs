//! What servers and DCs show of the network. The lab models no Windows client there: they look at the lab as it is.

use std::cmp::Reverse;

use client_sim::state::DomainController;
use client_sim::views::dc_shown;
use evidence::nltest::{DsGetDc, ERROR_NO_SUCH_DOMAIN};
use kerberos::netlogon::{DcFlags, NetlogonQuery, SamLogonResponse, read_reply};

use crate::world::{HostId, Role, World};

impl World {
    /// `nltest /dsgetdc:DOMAIN` at a server or DC, for its own domain where none is named: of the DCs that it reaches and that
    /// have all of `required` itself, else one of its site, else the first of the lab file.
    pub fn dsgetdc_of_server(&self, host: HostId, domain: Option<&str>, required: DcFlags) -> DsGetDc {
        let none = DsGetDc::Failed {
            error: ERROR_NO_SUCH_DOMAIN,
        };
        let own = || {
            let domain = self.domains().get(self.domain_of_host(host)?)?;
            Some(domain.dns_name().to_string())
        };
        let Some(domain) = domain.map(str::to_lowercase).or_else(own) else {
            return none;
        };
        let answers = self.topology().every_dc().filter_map(|dc| {
            let response = self.ping_from(host, dc, &domain)?;
            response.flags.contains(required).then_some((dc, response))
        });
        let best = answers.min_by_key(|(dc, response)| {
            let near = response.dc_site.eq_ignore_ascii_case(&response.client_site);
            (Reverse(*dc == host), Reverse(near))
        });
        match best {
            Some((dc, response)) => {
                let address = Some(self.address(dc));
                dc_shown(&DomainController::from_response(response, address, self.now()))
            }
            None => none,
        }
    }

    /// What a DC says of itself to another host that looks for a domain; nothing where it is not reached or of another one.
    fn ping_from(&self, host: HostId, dc: HostId, domain: &str) -> Option<SamLogonResponse> {
        let Role::DomainController(index) = self.topology().host(dc).role else {
            return None;
        };
        if dc != host && !self.reaches(self.place(host), dc) {
            return None;
        }
        let query = NetlogonQuery::new(1, domain, &self.topology().host(host).name);
        let reply = read_reply(&self.pinged(host, index, &query.encode())?).ok()?;
        let response = reply.response?;
        response
            .dns_domain
            .eq_ignore_ascii_case(domain)
            .then_some(response)
    }
}
