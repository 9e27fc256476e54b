//! What opens a share besides the ordinary ticket: NTLM where a server takes it, universal groups of the forest, and a sign-in far
//! from the user's own domain.

use scenarios::engine::{Run, RunOptions};
use scenarios::language::Faults;
use scenarios::library;

/// Runs a scenario and expects that all it says holds.
fn holds(what: &str, body: &str) {
    let text = format!("format = \"trustlab.scenario/1\"\nname = \"case\"\ntitle = \"a case\"\n{body}");
    let scenario = library::read_scenario("case.toml", &text, &Faults::AsWritten)
        .unwrap_or_else(|problems| panic!("{what}: {problems}"));
    let report = Run::new(&scenario, RunOptions::default())
        .unwrap_or_else(|error| panic!("{what}: {error}"))
        .finish();
    assert!(report.failures.is_empty(), "{what}: {:?}", report.failures);
}

const BY_ADDRESS: &str = "[[step]]\nname = \"open\"\nopen = '\\\\192.0.2.20\\projects'\n";
const TAKES_NTLM: &str = "[[patch]]\npath = \"server.fs01.ntlm\"\nset = true\n";

fn sign_in(with: &str) -> String {
    format!("[[step]]\nsign-in = {{ user = \"ada\", device = \"ada-lt\", with = \"{with}\" }}\n")
}

#[test]
fn a_share_by_address_opens_by_ntlm_where_the_server_takes_it() {
    for with in ["hello", "password"] {
        let steps = sign_in(with) + BY_ADDRESS;
        let closed =
            "[[expect]]\noutcome.open = { not = \"ok\" }\nkdc.error = \"KDC_ERR_S_PRINCIPAL_UNKNOWN\"\n";
        holds("NTLM is restricted", &format!("{steps}{closed}"));
        let open = "[[expect]]\noutcome.open = \"ok\"\nrules.noted = [\"NTLM-ACCEPTED\"]\n";
        holds("NTLM is allowed", &format!("{TAKES_NTLM}{steps}{open}"));
    }
}

#[test]
fn who_may_not_open_the_share_may_not_by_ntlm_either() {
    let steps = sign_in("password") + BY_ADDRESS;
    let taken = "[[patch]]\npath = \"server.fs01.share.projects\"\nset = { write = [\"Domain Admins\"] }\n";
    let denied = "[[expect]]\noutcome.open = { not = \"ok\" }\nrules.refused = [\"SHARE-ACCESS\"]\nrules.noted = [\"NTLM-ACCEPTED\"]\n";
    holds("no entry", &format!("{TAKES_NTLM}{taken}{steps}{denied}"));
}

#[test]
fn a_hello_session_that_met_no_domain_controller_has_nothing_for_ntlm() {
    let away = "[[step]]\nmove = { device = \"ada-lt\", to = \"home\" }\n".to_owned();
    let steps = away + &sign_in("hello") + BY_ADDRESS;
    let closed = "[[expect]]\noutcome.open = { not = \"ok\" }\n";
    holds("no line of sight", &format!("{TAKES_NTLM}{steps}{closed}"));
}

/// The lab with Kim in a child domain, without her memberships.
const CHILD: &str = r#"
[[patch]]
path = "domain.north"
add = { dns-name = "north.ad.fernhill.example", netbios = "NORTH", parent = "fernhill" }
[[patch]]
path = "dc.north-dc01"
add = { domain = "north", address = "192.0.2.14" }
[[patch]]
path = "group.Visitors"
add = { domain = "fernhill", scope = "domain-local" }
[[patch]]
path = "group.Everywhere"
add = { domain = "fernhill", scope = "universal", member-of = ["Visitors"] }
[[patch]]
path = "group.Researchers"
add = { domain = "north", member-of = ["Everywhere"] }
[[patch]]
path = "server.fs01.share.visitors"
add = { read = ["Visitors"] }
[[patch]]
path = "kerberos-server.north"
add = { number = 50001, key-version = 70007 }
[[patch]]
path = "device.kim-lt"
add = { owner = "kim" }
"#;

fn kim(groups: &str, with: &str) -> String {
    format!(
        "{CHILD}[[patch]]\npath = \"user.kim\"\nadd = {{ domain = \"north\", groups = [{groups}] }}\n\
         [[step]]\nsign-in = {{ user = \"kim\", device = \"kim-lt\", with = \"{with}\" }}\n\
         [[step]]\nname = \"open\"\nopen = '\\\\fs01.ad.fernhill.example\\visitors'\n"
    )
}

#[test]
fn a_universal_group_of_the_root_opens_its_share_to_a_child_domain() {
    let open =
        "[[expect]]\noutcome.open = \"ok\"\nrules.noted = [\"TGS-SIDS-FILTERED\", \"TGS-RESOURCE-GROUPS\"]\n";
    for groups in ["\"Everywhere\"", "\"Researchers\""] {
        holds(groups, &(kim(groups, "hello") + open));
    }
    let denied = "[[expect]]\noutcome.open = { not = \"ok\" }\nrules.refused = [\"SHARE-ACCESS\"]\n";
    holds("in neither", &(kim("", "hello") + denied));
}

#[test]
fn a_password_sign_in_at_a_device_of_another_domain_follows_to_the_users_own() {
    let joined = "[[patch]]\npath = \"device.kim-lt.join\"\nset = \"hybrid\"\n[[patch]]\npath = \"device.kim-lt.domain\"\nset = \"fernhill\"\n";
    let steps = kim("\"Visitors\"", "password").replacen("[[step]]", &format!("{joined}[[step]]"), 1);
    let open = "[[expect]]\noutcome.sign-in = \"ok\"\noutcome.open = \"ok\"\nrules.refused = [\"AS-REALM\"]\nklist.holds = [\n\
                \"krbtgt/NORTH.AD.FERNHILL.EXAMPLE @ NORTH.AD.FERNHILL.EXAMPLE\",\n\
                \"cifs/fs01.ad.fernhill.example @ AD.FERNHILL.EXAMPLE\"]\n";
    holds("a sign-in away from home", &(steps + open));
}
