//! What an edition of Windows leaves out: Home is registered at most, and knows no policy of Hello.

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Problems, Scenario};
use scenarios::library;

fn read(body: &str) -> Result<Scenario, Problems> {
    let head = "format = \"trustlab.scenario/1\"\nname = \"case\"\ntitle = \"a case\"\n";
    let text = format!("{head}{body}");
    Scenario::parse("case.toml", &text, &Faults::AsWritten, library::catalogue())
}

#[track_caller]
fn holds(body: &str) {
    let scenario = read(body).unwrap_or_else(|problems| panic!("{problems}"));
    let report = Run::new(&scenario, RunOptions::default())
        .expect("the lab compiles")
        .finish();
    assert!(report.ok, "{:?}", report.failures);
}

fn nora(edition: &str, join: &str) -> String {
    let set =
        |key: &str, value: &str| format!("[[patch]]\npath = \"device.nora-lt.{key}\"\nset = \"{value}\"\n");
    set("edition", edition) + &set("join", join)
}

#[test]
fn home_is_joined_to_nothing() {
    for join in ["entra", "hybrid"] {
        let step = "[[step]]\nsign-in = \"nora\"\n[[expect]]\noutcome.sign-in = \"ok\"\n";
        let said = read(&(nora("home", join) + step)).expect_err("Home").to_string();
        assert!(said.contains("Windows Home is joined neither"), "{said}");
        assert!(read(&(nora("pro", join) + step)).is_ok());
    }
}

const PROFILE: &str = "[[patch]]\npath = \"policy.trust\"\nadd = { title = \"Trust\", enable = [\"Use Cloud Trust For On Prem Auth\"] }\n";
const EDITION: &str =
    "registry.\"HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\Microsoft\\\\Windows NT\\\\CurrentVersion\\\\EditionID\"";

#[test]
fn home_takes_no_policy_of_hello_no_join_and_no_remote_desktop() {
    let body = "[[step]]\nsign-in = { user = \"nora\", device = \"nora-lt\", with = \"password\", remote = true }\n\
                [[step]]\njoin = { user = \"nora\" }\n[[expect]]\non = \"nora-lt\"\n\
                outcome = { sign-in = { not = \"ok\" }, join = { not = \"ok\" } }\nintune.Trust = \"Not applicable\"\n";
    holds(&format!(
        "{}{PROFILE}{body}{EDITION} = \"Core\"\n",
        nora("home", "registered")
    ));
}

#[test]
fn a_product_key_of_pro_mends_that() {
    let body = "[[step]]\nupdate-windows = { device = \"nora-lt\", edition = \"pro\" }\n\
                [[step]]\njoin = { user = \"nora\" }\n[[step]]\ncheck-in = {}\n\
                [[step]]\nsign-in = { user = \"nora\", device = \"nora-lt\", with = \"password\", remote = true }\n\
                [[expect]]\non = \"nora-lt\"\n\
                outcome = { sign-in = \"ok\", join = \"ok\" }\nintune.Trust = \"Succeeded\"\ndsregcmd.AzureAdJoined = \"YES\"\n";
    holds(&format!(
        "{}{PROFILE}{body}{EDITION} = \"Professional\"\n",
        nora("home", "registered")
    ));
}

#[test]
fn typed_accounts_are_somebodys() {
    let open = |account: &str| {
        let device = nora("home", "registered");
        format!(
            "{device}[[step]]\nsign-in = \"nora\"\n[[step]]\nname = \"open\"\n\
             open = {{ path = '\\\\fs01.ad.fernhill.example\\projects', as = '{account}' }}\n\
             [[expect]]\noutcome.open = \"ok\"\n"
        )
    };
    // the DNS name of the domain finds its domain controllers; its NetBIOS name and the suffix of Entra do not
    holds(&open("AD.fernhill.example\\nora"));
    holds(&open("nora@ad.fernhill.example"));
    for account in ["FERNHILL\\nora", "nora@fernhill.example"] {
        holds(&open(account).replace("= \"ok\"", "= { not = \"ok\" }"));
    }
    let ntlm = "[[patch]]\npath = \"server.fs01.ntlm\"\nset = true\n";
    for account in ["FERNHILL\\nora", "nora@fernhill.example"] {
        holds(&format!("{ntlm}{}", open(account)));
    }
    for account in ["nora", "OAKMERE\\nora", "nobody@ad.fernhill.example", ""] {
        let said = read(&open(account)).expect_err(account).to_string();
        assert!(said.contains("nobody in the lab is called"), "{said}");
    }
}

#[test]
fn a_registered_device_holds_nobodys_hello_key_and_a_joined_one_is_not_joined_again() {
    let keys = "[[patch]]\npath = \"device.nora-lt.hello\"\nset = [\"nora\"]\n";
    let step = "[[step]]\nsign-in = \"nora\"\n[[expect]]\noutcome.sign-in = \"ok\"\n";
    let said = read(&format!("{}{keys}{step}", nora("pro", "registered"))).expect_err("a key");
    assert!(
        said.to_string()
            .contains("Windows Hello for Business is not set up"),
        "{said}"
    );
    let join = "[[step]]\nsign-in = \"nora\"\n[[step]]\njoin = {}\n[[expect]]\noutcome.sign-in = \"ok\"\n";
    let said = read(join).expect_err("a second join").to_string();
    assert!(said.contains("nora-lt is joined already"), "{said}");
}

#[test]
fn no_product_key_makes_home_of_another_edition() {
    let step = |edition: &str| {
        read(&format!(
            "[[step]]\nupdate-windows = {{ device = \"nora-lt\", edition = \"{edition}\" }}\n\
             [[expect]]\non = \"nora-lt\"\n{EDITION} = \"Education\"\n"
        ))
    };
    let said = step("home").expect_err("Home").to_string();
    assert!(said.contains("no product key makes Windows Home"), "{said}");
    assert!(step("education").is_ok());
}

#[test]
fn who_signed_in_with_a_local_account_alone_is_unknown_to_a_joined_device_offline() {
    let registered = "[[patch]]\npath = \"device.freya-lt.join\"\nset = \"registered\"\n\
                      [[step]]\nsign-in = { user = \"freya\", device = \"freya-lt\", with = \"password\" }\n\
                      [[step]]\njoin = {}\n";
    let by_key = "[[step]]\nsign-in = { user = \"freya\", device = \"freya-lt\", with = \"fido\" }\n";
    let out = "[[step]]\nsign-out = \"freya-lt\"\n";
    let offline = "[[step]]\nadd-rule = { name = \"offline\", from = \"freya-lt\", then = \"drop\" }\n";
    let expect = |outcome: &str| format!("[[expect]]\non = \"freya-lt\"\noutcome.sign-in = {outcome}\n");
    holds(&format!(
        "{registered}{out}{offline}{by_key}{}",
        expect("{ not = \"ok\" }")
    ));
    holds(&format!(
        "{registered}{out}{by_key}{out}{offline}{by_key}{}",
        expect("\"ok\"")
    ));
}

#[test]
fn a_local_session_under_that_of_the_work_account_keeps_its_own_name() {
    let sign_in = "[[step]]\nsign-in = { user = \"nora\", device = \"nora-lt\", with = \"password\" }\n";
    let device = nora("pro", "registered");
    holds(&format!(
        "{device}{sign_in}[[step]]\njoin = {{}}\n{sign_in}[[expect]]\non = \"nora-lt\"\n\
         klist-sessions = {{ \"session NORA-LT\\\\nora\" = \"NTLM:Interactive\", \
         \"session FERNHILL\\\\nora\" = \"CloudAP:Interactive\" }}\n"
    ));
}
