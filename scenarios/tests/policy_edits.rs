//! A profile that is edited, or that forbids the set-up after a sign-in: what portal and device show, step by step.

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;

#[track_caller]
fn holds(body: &str) {
    let head = "format = \"trustlab.scenario/1\"\nname = \"case\"\ntitle = \"a case\"\n";
    let scenario = Scenario::parse(
        "case.toml",
        &format!("{head}{PROFILE}{body}"),
        &Faults::AsWritten,
        library::catalogue(),
    )
    .unwrap_or_else(|problems| panic!("{problems}"));
    let report = Run::new(&scenario, RunOptions::default())
        .expect("the lab compiles")
        .finish();
    assert!(report.ok, "{:?}", report.failures);
}

const PROFILE: &str = r#"
[[patch]]
path = "policy.hello"
add = { title = "Hello", enable = ["Use Windows Hello For Business (Device)"] }
[[patch]]
path = "device.nora-lt.hello"
set = []
[[step]]
name = "sign-in"
sign-in = { user = "nora", device = "nora-lt", with = "password" }
"#;

const VALUE: &str = "registry.\"HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\Microsoft\\\\Policies\\\\PassportForWork\\\\\
                     f0000000-0000-4000-8000-00000000feed\\\\Device\\\\Policies\\\\UseCloudTrustForOnPremAuth\"";

#[test]
fn an_edit_is_pending_until_the_device_checks_in() {
    holds(&format!(
        r#"
[[step]]
name = "edit"
edit-policy = {{ policy = "hello", enable = ["Use Windows Hello For Business (Device)", "Use Cloud Trust For On Prem Auth"] }}
[[step]]
name = "wait"
wait = "1m"
[[step]]
name = "check-in"
check-in = "nora-lt"

[[expect]]
after = "sign-in"
on = "nora-lt"
intune.Hello = "Succeeded"
[[expect]]
after = "wait"
on = "nora-lt"
intune.Hello = "Pending"
{VALUE} = {{ absent = true }}
[[expect]]
on = "nora-lt"
intune.Hello = "Succeeded"
{VALUE} = "0x1"
"#
    ));
}

#[test]
fn where_set_up_does_not_begin_by_itself_nothing_will_provision() {
    for (enable, begins, result) in [
        ("", "YES", "WillProvision"),
        (", \"Disable Post Logon Provisioning\"", "NO", "WillNotProvision"),
    ] {
        holds(&format!(
            r#"
[[step]]
name = "edit"
edit-policy = {{ policy = "hello", enable = ["Use Windows Hello For Business (Device)"{enable}] }}
[[step]]
name = "check-in"
check-in = "nora-lt"
[[expect]]
on = "nora-lt"
dsregcmd = {{ PostLogonEnabled = "{begins}", PreReqResult = "{result}" }}
"#
        ));
    }
}
