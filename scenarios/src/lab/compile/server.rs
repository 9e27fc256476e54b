//! Servers: their keys come from the directory, their access lists from the lab.

use kdc_sim::DomainSnapshot;
use kdc_sim::resource::{Access, AclEntry, FileServer};

use super::CompileError;
use super::domain::principal_sid;
use crate::lab::document::{Lab, Server};

/// The server as its computer account in `domain` makes it.
pub(super) fn build(
    lab: &Lab,
    name: &str,
    server: &Server,
    domain: &DomainSnapshot,
) -> Result<FileServer, CompileError> {
    let fault = |why: String| CompileError::new(format!("server {name}"), why);
    let mut made = FileServer::of_account(domain, &format!("{}$", server.host))
        .ok_or_else(|| fault("it has no computer account".into()))?;
    made.ntlm_shares = server.ntlm;
    for (share_name, share) in &server.shares {
        let entries = share.write.iter().map(|who| (who, Access::Write));
        let entries = entries.chain(share.read.iter().map(|who| (who, Access::Read)));
        let acl: Result<Vec<AclEntry>, CompileError> = entries
            .map(|(who, access)| {
                let sid = principal_sid(lab, who, &server.domain)
                    .ok_or_else(|| fault(format!("{who}, in the list of {share_name}, is of no domain")))?;
                Ok(AclEntry {
                    sid,
                    name: who.as_str().into(),
                    access,
                })
            })
            .collect();
        made = made.with_share(share_name, acl?);
    }
    Ok(made)
}
