//! The Kerberos server object: whatever spells an operation, the rows of Get-AzureADKerberosServer, the objects over LDAP and
//! the fate of a partial TGT from before are the same.

use std::collections::BTreeMap;

use evidence::kerberos_server::KerberosServer;
use kdc_sim::ldap::{LdapConfig, LdapSession, handle};
use rasn_ldap::{
    Filter, LdapMessage, ProtocolOp, SearchRequest, SearchRequestDerefAliases, SearchRequestScope,
};
use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;
use scenarios::world::World;

/// A second tenant with an administrator.
const OAKMERE: &str = r#"
[[patch]]
path = "tenant.oakmere"
add = { id = "0a000000-0000-4000-8000-00000000feed", display-name = "Oakmere", domains = ["oakmere.example"], initial-domain = "oakmere.onmicrosoft.example", synced-domains = [] }
[[patch]]
path = "kerberos-server.fernhill.tenants"
set = ["fernhill"]
[[patch]]
path = "user.olga"
add = { source = "cloud", tenant = "oakmere", cloud-roles = ["hybrid-identity-administrator"], mfa = true }
"#;
const NO_OBJECT: &str = r#"
[[patch]]
path = "kerberos-server.fernhill.in-directory"
set = false
[[patch]]
path = "kerberos-server.fernhill.tenants"
set = []
"#;

const INSTALL: &str = "Install-Module -Name AzureADHybridAuthenticationManagement -AllowClobber";
const CONNECT: &str = r"Import-Module 'C:\Program Files\Microsoft Azure Active Directory Connect\AzureADKerberos\AzureAdKerberos.psd1'";
const ON: &str = "-Domain ad.fernhill.example -UserPrincipalName hugo@fernhill.example";
const COMPUTER: &str = "'CN=AzureADKerberos,OU=Domain Controllers,DC=ad,DC=fernhill,DC=example'";
const KRBTGT: &str = "'CN=krbtgt_AzureAD,CN=Users,DC=ad,DC=fernhill,DC=example'";

/// Iris types at a console.
fn typed(host: &str, line: &str) -> String {
    format!("admin = {{ host = \"{host}\", as = \"iris\", run = '''{line}''' }}")
}

fn cmdlet(name: &str, rest: &str) -> String {
    typed("dc01", &format!("{name} {ON} {rest}"))
}

/// What an operation leaves.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    /// Of Get-AzureADKerberosServer, against each tenant.
    rows: Vec<KerberosServer>,
    objects: BTreeMap<String, String>,
    /// What becomes of a partial TGT from before: `exchanged`, or the error of the DC, if it sees any.
    partial_tgt: String,
}

/// Ada signs in, an hour passes, and something is done. Then Ada needs a full TGT.
fn after(patches: &str, before: &[String], operation: &str) -> Left {
    let mut steps = vec![
        typed("sync01", INSTALL),
        typed("dc01", INSTALL),
        "sign-in = { user = \"ada\", device = \"ada-lt\" }".to_owned(),
    ];
    steps.extend(before.iter().cloned());
    steps.push("wait = \"1h\"".to_owned());
    steps.push(operation.to_owned());
    steps.push("purge-tickets = \"ada-lt\"".to_owned());
    steps.push("open = { path = '\\\\fs01.ad.fernhill.example\\projects', device = \"ada-lt\" }".to_owned());
    let steps: Vec<String> = steps.iter().map(|step| format!("[[step]]\n{step}\n")).collect();
    let text = format!(
        "format = \"trustlab.scenario/1\"\nname = \"kerberos-server\"\ntitle = \"t\"\n{patches}\n{}\n\
         [[expect]]\nkdc.error = {{ absent = true }}\n",
        steps.concat()
    );
    let scenario = Scenario::parse("table.toml", &text, &Faults::AsWritten, library::catalogue());
    let scenario = scenario.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    run.complete();
    let report = run.report();
    let opened = report.observations.iter().rev().find(|fact| fact.key == "open");
    let opened = opened.and_then(|fact| fact.value.known()) == Some("ok");
    let partial_tgt = match report.failures.as_slice() {
        [] if opened => "exchanged",
        [] => "nothing to exchange",
        [miss] if miss.fact.contains("error") => &miss.found,
        failures => panic!("{operation}: {failures:?}"),
    };
    let tenants = 0..run.world().tenants().len();
    let rows = tenants.map(|tenant| run.world().kerberos_server_rows(0, Some(tenant)));
    Left {
        rows: rows.collect(),
        objects: objects(run.world()),
        partial_tgt: partial_tgt.to_owned(),
    }
}

/// The objects of cloud Kerberos trust in the directory, with what LDAP shows of each.
fn objects(world: &World) -> BTreeMap<String, String> {
    let mut config = LdapConfig::new("dc01.ad.fernhill.example", "ad.fernhill.example", "Office");
    config.anonymous_search = true;
    let request = SearchRequest::new(
        "DC=ad,DC=fernhill,DC=example".into(),
        SearchRequestScope::WholeSubtree,
        SearchRequestDerefAliases::NeverDerefAliases,
        0,
        0,
        false,
        Filter::Present("objectClass".into()),
        vec!["*".into()],
    );
    let request = LdapMessage::new(1, ProtocolOp::SearchRequest(request));
    let octets = rasn::ber::encode(&request).expect("a search can be encoded");
    let mut session = LdapSession::default();
    let answer = handle(&world.domains()[0], &config, &mut session, world.now(), &octets);
    assert!(answer.messages.len() > 10, "the directory is searched");
    let entries = answer.messages.iter().filter_map(|octets| {
        let message: LdapMessage = rasn::ber::decode(octets).expect("an answer can be decoded");
        match message.protocol_op {
            ProtocolOp::SearchResEntry(entry) => Some(entry),
            _ => None,
        }
    });
    let ours = entries.filter(|entry| {
        let name = entry.object_name.to_string();
        name.contains("AzureAD") || name.contains("KERBEROS.MICROSOFTONLINE.COM")
    });
    ours.map(|entry| (entry.object_name.to_string(), format!("{:?}", entry.attributes)))
        .collect()
}

/// An operation: the lab, what was done before, its spellings, and what becomes of a partial TGT from before it.
struct Row {
    name: &'static str,
    patches: &'static str,
    before: Vec<String>,
    spellings: Vec<String>,
    partial_tgt: &'static str,
}

fn row(name: &'static str, spellings: [String; 2], partial_tgt: &'static str) -> Row {
    Row {
        name,
        patches: OAKMERE,
        before: Vec::new(),
        spellings: spellings.into(),
        partial_tgt,
    }
}

fn table() -> Vec<Row> {
    let step = str::to_owned;
    let set = |rest: &str| cmdlet("Set-AzureADKerberosServer", rest);
    let remove = |rest: &str| cmdlet("Remove-AzureADKerberosServer", rest);
    let make = || [step("publish = {}"), set("")];
    let rotate = || [step("rotate-key = {}"), set("-RotateServerKey")];
    let by_hand = |dn: &str| typed("dc01", &format!("Remove-ADObject -Identity {dn} -Confirm:$false"));
    let half_removed = "remove-kerberos-server = { side = \"on-premises\" }";
    vec![
        Row {
            patches: NO_OBJECT,
            spellings: make().into_iter().chain(rotate()).collect(),
            ..row("made", make(), "nothing to exchange")
        },
        Row {
            patches: NO_OBJECT,
            before: vec![typed(
                "sync01",
                &format!("{CONNECT}\nSet-AzureADKerberosServer {ON}"),
            )],
            spellings: make().into_iter().chain(rotate()).collect(),
            ..row("completed", make(), "nothing to exchange")
        },
        row("published again", make(), "exchanged"),
        // one old key stays good
        row("rotated", rotate(), "exchanged"),
        Row {
            before: vec![step("rotate-key = {}")],
            ..row("rotated twice", rotate(), "KRB_AP_ERR_BAD_INTEGRITY")
        },
        // no krbtgt account has the number of its key
        row(
            "removed",
            [step("remove-kerberos-server = {}"), remove("")],
            "KDC_ERR_S_PRINCIPAL_UNKNOWN",
        ),
        Row {
            before: vec![step("remove-kerberos-server = {}")],
            ..row("removed and made", make(), "KDC_ERR_S_PRINCIPAL_UNKNOWN")
        },
        row(
            "removed from AD",
            [step(half_removed), by_hand(COMPUTER)],
            "KDC_ERR_S_PRINCIPAL_UNKNOWN",
        ),
        Row {
            before: vec![step(half_removed)],
            ..row("removed from AD and made", make(), "KDC_ERR_S_PRINCIPAL_UNKNOWN")
        },
        // none of the keys that the first tenant knows stays good
        row(
            "taken over",
            [
                step("publish = { tenant = \"oakmere\" }"),
                set("").replace("hugo@fernhill.example", "olga@oakmere.example"),
            ],
            "KRB_AP_ERR_BAD_INTEGRITY",
        ),
        row(
            "trusting the cloud realm",
            [step("setup-cloud-trust = {}"), set("-SetupCloudTrust")],
            "exchanged",
        ),
        Row {
            before: vec![step("setup-cloud-trust = {}")],
            ..row(
                "no longer trusting it",
                [
                    step("remove-cloud-trust = {}"),
                    cmdlet("Remove-AzureADKerberosServerTrustedDomainObject", ""),
                ],
                "exchanged",
            )
        },
    ]
}

#[test]
fn a_step_leaves_what_its_cmdlet_leaves() {
    let mut wrong = Vec::new();
    for row in table() {
        let mut left = row
            .spellings
            .iter()
            .map(|spelling| (spelling, after(row.patches, &row.before, spelling)));
        let (_, first) = left.next().expect("an operation has a spelling");
        if first.partial_tgt != row.partial_tgt {
            wrong.push(format!("{}: a partial TGT is {}", row.name, first.partial_tgt));
        }
        for (spelling, other) in left {
            if other != first {
                wrong.push(format!("{}: {spelling}\n{other:#?}\n{first:#?}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_has_one_spelling_does_to_a_partial_tgt_what_it_says() {
    let in_ad = "rotate-key = { side = \"on-premises\" }".to_owned();
    let disable = typed("dc01", &format!("Disable-ADAccount {KRBTGT}"));
    for (before, operation, partial_tgt) in [
        (vec![], in_ad.clone(), "exchanged"),
        (vec![in_ad.clone()], in_ad, "KRB_AP_ERR_BAD_INTEGRITY"),
        // AD goes on with its key, whatever a tenant has
        (
            vec![],
            "rotate-key = { side = \"cloud\" }".to_owned(),
            "exchanged",
        ),
        (
            vec![],
            "remove-kerberos-server = { side = \"cloud\" }".to_owned(),
            "exchanged",
        ),
        (vec![], disable, "exchanged"),
        (
            vec![],
            "replication-policy = { list = \"denied\", member = \"ada\" }".to_owned(),
            "KDC_ERR_TGT_REVOKED",
        ),
        (
            vec![],
            "replication-policy = { list = \"denied\", member = \"nora\" }".to_owned(),
            "exchanged",
        ),
    ] {
        let left = after(OAKMERE, &before, &operation);
        assert_eq!(left.partial_tgt, partial_tgt, "{operation}");
    }
}

#[test]
fn a_half_that_got_a_key_alone_never_gets_the_same_as_the_other() {
    let cloud = "rotate-key = { side = \"cloud\" }".to_owned();
    let left = after(OAKMERE, &[cloud], "rotate-key = { side = \"on-premises\" }");
    let shown = &left.rows[0];
    assert!(shown.key_version > shown.cloud_key_version, "{shown:?}");
}
