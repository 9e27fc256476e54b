//! Cloud applications: what in Azure takes tickets of the realm KERBEROS.MICROSOFTONLINE.COM, such as a storage account with
//! file shares.
//!
//! ```toml
//! [cloud-app.files]
//! host = "fernhillfiles.file.core.windows.example"
//! share.projects = { write = ["ada"] }
//! ```
//!
//! Who is not listed in a share that lists somebody has no access; a share that lists nobody is open to every user of the
//! tenant, as a default share-level permission makes it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use cloud_sim::{Application, CLOUD_REALM, Tenant as CloudTenant, cloud_sid};
use indexmap::IndexMap;
use kdc_sim::directory::{KeyRing, KeySet};
use kdc_sim::resource::{Access, AclEntry, FileServer};
use kerberos::crypto::{Etype, Key};
use kerberos::sid::Sid;

use super::compile::CompileError;
use super::document::{Lab, Name, Share, Tenant};
use super::identity;
use super::read::{Context, section};
use crate::language::{Node, Reader};

/// An application in Azure, registered in a tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudApp {
    /// Its DNS name: `fernhillfiles.file.core.windows.example`.
    pub host: String,
    /// The tenant that it is registered in.
    pub tenant: Name,
    /// Its address on the internet.
    pub address: Ipv4Addr,
    /// Service classes of its service names: `cifs`.
    pub services: Vec<String>,
    /// Whether an administrator has consented to it. Default: yes.
    pub consent: bool,
    /// Users who are assigned to it; `None` when assignment is not required, the default.
    pub assigned: Option<Vec<Name>>,
    /// Whether Conditional Access demands multifactor authentication for it. Default: no, as its set-up guide asks.
    pub mfa_required: bool,
    /// Its shares, with users in their lists.
    pub shares: IndexMap<Name, Share>,
}

/// The key version of every application.
const KEY_VERSION: u32 = 1;

pub(super) fn read(name: &str, node: &Node, index: u32, context: &Context<'_>) -> Option<CloudApp> {
    let mut reader = Reader::new(node, format!("cloud-app {name}"), context.report)?;
    let people = context.names.of_section("user");
    let label = name.to_ascii_lowercase().replace(['_', ' '], "-");
    let services = reader.strings("services").unwrap_or_default();
    let address = reader.text("address", "an IPv4 address", |text| text.parse::<Ipv4Addr>().ok());
    let mut app = CloudApp {
        host: super::read::dns_name(&mut reader, "host")
            .unwrap_or_else(|| format!("{label}.file.core.windows.example")),
        tenant: reader
            .reference("tenant", &context.names.of_section("tenant"))
            .or_else(|| context.names.first("tenant").map(str::to_owned))?,
        // a documentation network (RFC 5737), behind Entra's address
        address: address
            .unwrap_or_else(|| Ipv4Addr::new(203, 0, 113, u8::try_from(100 + index % 100).unwrap_or(254))),
        services: services.into_iter().map(|(service, _)| service).collect(),
        consent: reader.boolean("consent").unwrap_or(true),
        assigned: reader.references("assigned", &people),
        mfa_required: reader.boolean("mfa-required").unwrap_or(false),
        shares: section(&mut reader, "share", |name, node, _| {
            let mut reader = Reader::new(node, format!("share {name}"), context.report)?;
            let share = Share {
                read: reader.references("read", &people).unwrap_or_default(),
                write: reader.references("write", &people).unwrap_or_default(),
            };
            reader.finish();
            Some(share)
        }),
    };
    if app.services.is_empty() {
        app.services.push("cifs".into());
    }
    reader.finish();
    Some(app)
}

impl CloudApp {
    /// The lab's name or the DNS name, or its first label, in any case of letters.
    pub(crate) fn is_named(&self, own_name: &str, name: &str) -> bool {
        let label = self.host.split('.').next().unwrap_or_default();
        [own_name, &self.host, label]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Its service names: `cifs/fernhillfiles.file.core.windows.example`.
    pub fn service_names(&self) -> Vec<String> {
        let name = |service: &String| format!("{service}/{}", self.host);
        self.services.iter().map(name).collect()
    }

    fn key(&self, lab: &Lab) -> Key {
        let mut stream = identity::stream(lab.seed, "keys", &format!("cloud app {}", self.host));
        Key::generate(Etype::Aes256CtsHmacSha196, &mut stream)
    }
}

/// The `kerberos_top_level_names` of a tenant: what the file gives, else those that are documented, and suffixes for the
/// applications that none of these covers.
pub(super) fn top_level_names(lab: &Lab, name: &str, tenant: &Tenant, documented: &str) -> String {
    if !tenant.kerberos_top_level_names.is_empty() {
        return tenant.kerberos_top_level_names.join(",");
    }
    let mut names: Vec<&str> = documented.split(',').collect();
    for app in lab.cloud_apps.values().filter(|app| app.tenant == name) {
        let suffix = app.host.find('.').and_then(|dot| app.host.get(dot..));
        if !names.iter().any(|name| app.host.ends_with(name)) {
            names.extend(suffix);
        }
    }
    names.join(",")
}

/// The registration of an application in its tenant.
pub(super) fn application(lab: &Lab, app: &CloudApp) -> Application {
    let upn = |name: &Name| Some(super::compile::cloud_upn(lab, lab.users.get(name)?));
    Application {
        display_name: app.host.clone(),
        service_names: app.service_names(),
        key: app.key(lab),
        key_version: KEY_VERSION,
        consent: app.consent,
        assigned: app
            .assigned
            .as_ref()
            .map(|assigned| assigned.iter().filter_map(upn).collect()),
        mfa_required: app.mfa_required,
    }
}

/// What stands in for the service: it accepts tickets under the application's key and looks at SIDs.
pub(super) fn stand_in(
    lab: &Lab,
    name: &str,
    app: &CloudApp,
    tenant: &CloudTenant,
) -> Result<FileServer, CompileError> {
    let keys = KeySet::from_keys(KEY_VERSION, "", [app.key(lab)]);
    let mut server = FileServer {
        name: app.host.as_str().into(),
        realm: CLOUD_REALM.into(),
        keys: KeyRing::new(keys),
        shares: Vec::new(),
        max_skew: core::time::Duration::from_secs(300),
        ntlm_shares: false,
    };
    for (share_name, share) in &app.shares {
        let writers = share.write.iter().map(|who| (who, Access::Write));
        let everybody = writers.chain(share.read.iter().map(|who| (who, Access::Read)));
        let mut acl = Vec::new();
        for (who, access) in everybody {
            let sid = sid(lab, who, tenant).ok_or_else(|| {
                let why = format!("{who}, in the list of {share_name}, is no user of its tenant");
                CompileError::new(format!("cloud-app {name}"), why)
            })?;
            let name: Arc<str> = who.as_str().into();
            acl.push(AclEntry { sid, name, access });
        }
        if acl.is_empty() {
            acl.push(AclEntry {
                sid: Sid::AUTHENTICATED_USERS,
                name: "every user of the tenant".into(),
                access: Access::Write,
            });
        }
        server = server.with_share(share_name, acl);
    }
    Ok(server)
}

/// The SID that the cloud KDC writes into a user's tickets.
fn sid(lab: &Lab, user: &str, tenant: &CloudTenant) -> Option<Sid> {
    let user = tenant.user(&super::compile::cloud_upn(lab, lab.users.get(user)?))?;
    let synced = user
        .on_premises
        .as_ref()
        .and_then(|synced| synced.security_identifier);
    synced.or_else(|| cloud_sid(&user.object_id))
}
