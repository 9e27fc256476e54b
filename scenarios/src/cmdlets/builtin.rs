//! Commands that belong to PowerShell itself, and the endpoint cmdlets.

use super::console::Printed;
use super::error::{Inner, Shell, Thrown};
use super::state::Module;
use super::table::Call;
use super::value::{Credential, Value};

/// What `Install-Module` calls.
const INSTALL_PACKAGE: Inner = Inner {
    activity: "Install-Package",
    command: "PackageManagement\\Install-Package",
    class: "Microsoft.PowerShell.PackageManagement.Cmdlets.InstallPackage",
};
/// What `Uninstall-Module` calls.
const UNINSTALL_PACKAGE: Inner = Inner {
    activity: "Uninstall-Package",
    command: "PackageManagement\\Uninstall-Package",
    class: "Microsoft.PowerShell.PackageManagement.Cmdlets.UninstallPackage",
};

/// The module's name in the gallery.
pub(super) const MODULE: &str = "AzureADHybridAuthenticationManagement";
/// The module that Entra Connect brings, in the folder `AzureADKerberos` below its own.
const CONNECT_MODULE: &str = "AzureAdKerberos.psd1";

/// `Install-Module` and `Update-Module`.
pub(super) fn install_module(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let name = call.bound.text("Name").unwrap_or_default();
    let windows = call.seat.shell == Shell::WindowsPowerShell;
    let tls = !windows || call.session.protocols.reach_tls12();
    if !tls || !call.world.reaches_internet(call.seat.host) {
        call.printed.push(Printed::Warning(
            "Unable to resolve package source 'https://www.powershellgallery.com/api/v2'.".to_owned(),
        ));
        return Err(no_match(&name));
    }
    if !name.eq_ignore_ascii_case(MODULE) {
        return Err(no_match(&name));
    }
    let installed = call.world.installed_mut(call.seat.host);
    match windows {
        true => installed.module_for_all = true,
        false => installed.module_for_pwsh = true,
    }
    Ok(Vec::new())
}

fn no_match(name: &str) -> Thrown {
    Thrown {
        target: "Microsoft.Power....InstallPackage:InstallPackage".to_owned(),
        inner: Some(&INSTALL_PACKAGE),
        ..Thrown::binding(
            "ObjectNotFound",
            "System.Exception",
            "NoMatchFoundForCriteria",
            format!(
                "No match was found for the specified search criteria and module name '{name}'. Try Get-PSRepository to \
                 see all available registered module repositories."
            ),
        )
    }
}

/// `Uninstall-Module`.
pub(super) fn uninstall_module(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let name = call.bound.text("Name").unwrap_or_default();
    let windows = call.seat.shell == Shell::WindowsPowerShell;
    let installed = call.world.installed_mut(call.seat.host);
    let folder = if windows {
        &mut installed.module_for_all
    } else {
        &mut installed.module_for_pwsh
    };
    if !name.eq_ignore_ascii_case(MODULE) || !*folder {
        return Err(Thrown {
            target: "Microsoft.Power...ninstallPackage:UninstallPackage".to_owned(),
            inner: Some(&UNINSTALL_PACKAGE),
            ..Thrown::binding(
                "ObjectNotFound",
                "System.Exception",
                "NoMatchFoundForCriteria",
                format!("No match was found for the specified search criteria and module names '{name}'."),
            )
        });
    }
    *folder = false;
    call.session.imported = None;
    Ok(Vec::new())
}

/// `Import-Module`, by name or by the path of Entra Connect's own.
pub(super) fn import_module(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let name = call.bound.text("Name").unwrap_or_default();
    let file = name.rsplit(['\\', '/']).next().unwrap_or(&name);
    let by_path = file.eq_ignore_ascii_case(CONNECT_MODULE);
    let connect = call
        .world
        .console_of(call.seat.host)
        .is_some_and(|console| console.entra_connect);
    call.session.imported = if by_path && connect {
        Some(Module::Connect)
    } else if name.eq_ignore_ascii_case(MODULE) && call.world.has_module(call.seat) {
        Some(Module::Gallery)
    } else if name.eq_ignore_ascii_case("ActiveDirectory") || name.eq_ignore_ascii_case("PowerShellGet") {
        return Ok(Vec::new());
    } else {
        return Err(Thrown {
            target: format!("{name}:String"),
            ..Thrown::binding(
                "ResourceUnavailable",
                "System.IO.FileNotFoundException",
                "Modules_ModuleNotFound",
                format!(
                    "The specified module '{name}' was not loaded because no valid module file was found in any module \
                     directory."
                ),
            )
        });
    };
    Ok(Vec::new())
}

/// `Get-Credential`: the name given, the next one that will be typed, or that of whoever sits there.
pub(super) fn get_credential(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    if let Some(Value::Credential(credential)) = call.bound.value("Credential") {
        return Ok(vec![Value::Credential(credential.clone())]);
    }
    let named = call
        .bound
        .text("Credential")
        .or_else(|| call.bound.text("UserName"));
    let user_name = match named.filter(|name| !name.is_empty()) {
        Some(name) => name.into(),
        None => match call.prompts.pop_front() {
            Some(name) => name,
            None => {
                let own = call.world.cloud_name_of(&call.seat.user);
                call.printed.push(Printed::Note(format!(
                    "Get-Credential asks for a name, and {own} is typed; -UserName gives another"
                )));
                own.into()
            }
        },
    };
    Ok(vec![Value::Credential(Credential { user_name })])
}

/// `Get-AzureADKerberosServerEndpoint`.
pub(super) fn get_endpoint(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let name = |number: i64| ENDPOINTS.iter().find(|(known, _)| *known == number);
    let (number, current) = name(call.session.endpoint).unwrap_or(&ENDPOINTS[0]);
    let mut text = format!("Current Endpoint = {number}({current})\nSupported Endpoints:\n");
    for (number, name) in ENDPOINTS {
        text.push_str(&format!("   {number} :{name}\n"));
    }
    Ok(vec![Value::Written(text)])
}

/// `Set-AzureADKerberosServerEndpoint`.
pub(super) fn set_endpoint(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let Some(Value::Number(wanted)) = call.bound.value("TargetEndpoint") else {
        return Ok(Vec::new());
    };
    if !ENDPOINTS.iter().any(|(known, _)| known == wanted) {
        return Err(Thrown::lab(format!(
            "There is no endpoint {wanted}; there are 0, 1 and 2."
        )));
    }
    call.session.endpoint = *wanted;
    Ok(Vec::new())
}

const ENDPOINTS: [(i64, &str); 3] = [(0, "Public"), (1, "China"), (2, "Us Government")];

/// `Format-List`, of all properties or of those that are named.
pub(super) fn format_list(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    Ok(selected(call))
}

/// `Select-Object`, shown as a list: the lab has no tables.
pub(super) fn select_object(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    if let Some(name) = call.bound.text("ExpandProperty") {
        return Ok(call.input.iter().map(|value| value.member(&name)).collect());
    }
    Ok(selected(call))
}

fn selected(call: &Call<'_>) -> Vec<Value> {
    let names: Vec<String> = match call.bound.value("Property") {
        None => Vec::new(),
        Some(Value::List(names)) => names.iter().map(Value::to_text).collect(),
        Some(name) => vec![name.to_text()],
    };
    if names.is_empty() || names == ["*"] {
        return call.input.clone();
    }
    let select = |value: &Value| {
        let of = |name: &String| {
            let properties = value.properties();
            let known = properties
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name));
            known.cloned().unwrap_or_else(|| (name.clone(), Value::Null))
        };
        Value::Object(names.iter().map(of).collect())
    };
    call.input.iter().map(select).collect()
}

/// `Write-Host`.
pub(super) fn write_host(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let text = call.bound.value("Object").map(Value::to_text).unwrap_or_default();
    Ok(vec![Value::Written(format!("{text}\n"))])
}

/// Commands without a trace here.
pub(super) fn nothing(_: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    Ok(Vec::new())
}
