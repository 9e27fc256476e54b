//! Set-, Get- and Remove-AzureADKerberosServer: what they do, in which order, and where they stop.
//!
//! The order follows from what is reported: nothing is made where the tenant cannot be asked, the AD half may be there
//! when the tenant refuses, and the keys are read out of AD after the objects were made.

use super::bind::Bound;
use super::error::{Shell, Thrown};
use super::operator::{CloudIdentity, DomainIdentity, Rights};
use super::state::Module;
use super::table::Call;
use super::value::Value;
use crate::lab::HalfMade;
use crate::world::{ActionError, DirectoryHalf, HostId, SetWork, World};
use evidence::kerberos_server::CloudTrust;

/// How long a change takes to every DC of a site. It decides how an old module's race ends.
const REPLICATION: core::time::Duration = core::time::Duration::from_secs(15);

impl From<ActionError> for Thrown {
    fn from(error: ActionError) -> Self {
        Self::lab(error.to_string())
    }
}

/// `Set-AzureADKerberosServer`.
pub(super) fn set(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let rotate = call.bound.switch("RotateServerKey");
    let trust = call.bound.switch("SetupCloudTrust");
    let (cloud, domain, operator) = begin(call)?;
    let rights = call.world.rights_in(operator.as_ref(), domain);
    let (module, host) = (call.module, call.seat.host);
    call.world.set_kerberos_server(
        (domain, cloud.tenant),
        rotate,
        |world, work| match work {
            SetWork::Create => may_create(world, module, domain, rights),
            SetWork::Complete => may_complete(world, module, domain, rights),
            SetWork::TakeOver | SetWork::Rotate => may_write(rights),
            SetWork::Keep => Ok(()),
        },
        |world| {
            read_secrets(world, host, domain, operator.as_ref(), rights)?;
            may_administer(&cloud)
        },
    )?;
    if trust {
        set_up_trust(call.world, domain, cloud.tenant)?;
    }
    Ok(Vec::new())
}

/// `Get-AzureADKerberosServer`. Where there is neither half it prints nothing, which is a guess.
pub(super) fn get(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let (cloud, domain, operator) = begin(call)?;
    may_administer(&cloud)?;
    if operator.is_none() {
        return Err(may_not());
    }
    if call.world.directory_half(domain) == DirectoryHalf::NumberZero {
        return Err(number_zero());
    }
    let mut shown = call.world.kerberos_server_rows(domain, Some(cloud.tenant));
    if call.module == Some(Module::Connect) {
        shown.cloud_trust = CloudTrust::NoRow;
    }
    let empty = shown.is_empty();
    Ok((!empty)
        .then(|| Value::KerberosServer(Box::new(shown)))
        .into_iter()
        .collect())
}

/// `Remove-AzureADKerberosServer`: AD's half first, then that of the tenant one is signed in to.
pub(super) fn remove(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let (cloud, domain, operator) = begin(call)?;
    call.world.remove_kerberos_server(
        (domain, cloud.tenant),
        |world| may_remove(world.rights_in(operator.as_ref(), domain)),
        |_| may_administer(&cloud),
    )?;
    Ok(Vec::new())
}

/// `Remove-AzureADKerberosServerTrustedDomainObject`.
pub(super) fn remove_trust(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let (_, domain, operator) = begin(call)?;
    may_remove(call.world.rights_in(operator.as_ref(), domain))?;
    call.world.remove_cloud_trust(domain)?;
    Ok(Vec::new())
}

/// What all of them begin with: the tenant is asked, the domain is found, and a DC knows who asks.
fn begin(call: &Call<'_>) -> Result<(CloudIdentity, usize, Option<DomainIdentity>), Thrown> {
    if call.seat.shell == Shell::Pwsh {
        return Err(Thrown::exception(
            "System.Exception",
            "Unexpected exception thrown. Action: GetKerberosDomainSyncConfigAsync, Exception: Operation is not \
             supported on this platform.",
        ));
    }
    let cloud = sign_in(call)?;
    let name = call.bound.text("Domain").unwrap_or_default();
    let mut domains = call.world.domains().iter();
    let domain = domains.position(|domain| domain.dns_name().eq_ignore_ascii_case(&name));
    let domain = domain
        .filter(|domain| call.world.reaches_directory(call.seat.host, *domain))
        .ok_or_else(|| Thrown::lab("The specified domain does not exist or cannot be contacted."))?;
    let credential = call.bound.credential("DomainCredential");
    let operator = call.world.domain_identity(call.seat, credential)?;
    Ok((cloud, domain, operator))
}

fn sign_in(call: &Call<'_>) -> Result<CloudIdentity, Thrown> {
    let endpoint = call.session.endpoint;
    let bound: &Bound = &call.bound;
    match (
        bound.credential("CloudCredential"),
        bound.text("UserPrincipalName"),
    ) {
        (Some(_), Some(_)) => Err(Thrown::binding(
            "InvalidArgument",
            "System.Management.Automation.ParameterBindingException",
            "AmbiguousParameterSet",
            "Parameter set cannot be resolved using the specified named parameters.",
        )),
        (Some(credential), None) => {
            call.world
                .cloud_identity(call.seat, &credential.user_name, true, endpoint)
        }
        (None, Some(upn)) => call.world.cloud_identity(call.seat, &upn, false, endpoint),
        (None, None) => {
            let own = call.world.cloud_name_of(&call.seat.user);
            call.world.cloud_identity(call.seat, &own, false, endpoint)
        }
    }
}

/// Who may not make all of it leaves what was made until then.
fn may_create(
    world: &mut World,
    module: Option<Module>,
    domain: usize,
    rights: Rights,
) -> Result<(), Thrown> {
    match rights {
        Rights::None => Err(no_rights()),
        Rights::EnterpriseAdmin => {
            let half = world.lab().lab().administration.enterprise_admin_elsewhere;
            world.leave_half_made(domain, half)?;
            match half {
                HalfMade::NumberZero => Err(number_zero()),
                // the keys of an account that is not there cannot be read
                HalfMade::NoKrbtgt => Err(no_secrets()),
            }
        }
        // an old module asks one DC to make the computer and another to set its password
        Rights::DomainAdmin if module == Some(Module::Connect) && world.writable_dcs(domain).len() > 1 => {
            world.leave_half_made(domain, HalfMade::NoKrbtgt)?;
            Err(no_password(world, domain))
        }
        Rights::DomainAdmin => Ok(()),
    }
}

/// A half-made object is completed by whoever could have made it.
fn may_complete(world: &World, module: Option<Module>, domain: usize, rights: Rights) -> Result<(), Thrown> {
    let made = world.directory_record(domain).computer_made;
    let everywhere = made.is_none_or(|made| world.now().saturating_since(made) >= REPLICATION);
    match (rights, world.directory_half(domain)) {
        (Rights::None, _) => Err(no_rights()),
        (Rights::EnterpriseAdmin, DirectoryHalf::NumberZero) => Err(number_zero()),
        (Rights::EnterpriseAdmin, _) => Err(no_secrets()),
        (Rights::DomainAdmin, _) if module == Some(Module::Connect) && !everywhere => {
            Err(no_password(world, domain))
        }
        (Rights::DomainAdmin, _) => Ok(()),
    }
}

fn read_secrets(
    world: &World,
    host: HostId,
    domain: usize,
    operator: Option<&DomainIdentity>,
    rights: Rights,
) -> Result<(), Thrown> {
    let library = world
        .console_of(host)
        .is_some_and(|console| console.password_sync_library);
    let by_ntlm = operator.is_some_and(|operator| operator.ntlm);
    let reached = world.reaches_replication(host, domain);
    if rights == Rights::DomainAdmin && library && !by_ntlm && reached {
        Ok(())
    } else {
        Err(no_secrets())
    }
}

fn set_up_trust(world: &mut World, domain: usize, tenant: usize) -> Result<(), Thrown> {
    world
        .set_up_cloud_trust(domain, tenant)
        .map_err(|error| match error {
            ActionError::CloudTrustInChild { .. } => Thrown::exception(
                "System.InvalidOperationException",
                "LsaCreateTrustedDomainEx 0x549",
            ),
            error => error.into(),
        })
}

fn may_write(rights: Rights) -> Result<(), Thrown> {
    if rights == Rights::None {
        Err(no_rights())
    } else {
        Ok(())
    }
}

fn may_remove(rights: Rights) -> Result<(), Thrown> {
    if rights == Rights::None {
        Err(may_not())
    } else {
        Ok(())
    }
}

fn may_administer(cloud: &CloudIdentity) -> Result<(), Thrown> {
    if cloud.may_administer {
        return Ok(());
    }
    Err(Thrown::lab(format!(
        "{} signed in, and the tenant refuses: the account needs the role Hybrid Identity Administrator.",
        cloud.upn
    )))
}

fn no_rights() -> Thrown {
    Thrown::exception(
        "System.InvalidOperationException",
        "Failed to create Azure AD Kerberos Server: Error sending directory request: The user has insufficient access \
         rights.",
    )
}

/// The directory's own words are in public sources; what Get- and Remove- put before them is not.
fn may_not() -> Thrown {
    Thrown::lab("Error sending directory request: The user has insufficient access rights.")
}

fn number_zero() -> Thrown {
    Thrown::exception(
        "Microsoft.AzureAD.Kdc.Service.DirectoryObjectValidationException",
        "The Azure AD Kerberos Server object in Active Directory is missing required properties. Property: \
         UserAccount.SecondaryKrbTgtNumber Value:0",
    )
}

/// The name of the domain is missing in the product's own text.
fn no_secrets() -> Thrown {
    Thrown::exception(
        "Microsoft.AzureAD.Kdc.Service.DirectoryServiceException",
        "Failed to read secrets from the domain .",
    )
}

fn no_password(world: &World, domain: usize) -> Thrown {
    let name = world
        .domains()
        .get(domain)
        .map(|domain| domain.dns_name().to_string());
    let name = name.unwrap_or_default();
    let dn = super::objects::computer_dn(&super::objects::base_dn(&name));
    Thrown::exception(
        "System.InvalidOperationException",
        format!(
            "Failed to create Azure AD Kerberos Server: Failed to set password for account:\nLDAP://{name}/{dn}"
        ),
    )
}
