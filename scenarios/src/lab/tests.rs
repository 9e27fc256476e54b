mod wrong;

use super::*;

#[test]
fn the_built_in_lab_is_read() {
    let lab = Lab::fernhill();
    assert_eq!(lab.domains["fernhill"].realm(), "AD.FERNHILL.EXAMPLE");
    assert_eq!(lab.kerberos_servers["fernhill"].number, 21463);
    assert_eq!(lab.kerberos_servers["fernhill"].tenants, ["fernhill"]);
    assert_eq!(lab.users["ada"].upn, "ada@fernhill.example");
    assert_eq!(lab.users["cleo"].domain, None);
    assert_eq!(lab.clock.unix_seconds(), 1_795_420_800);
    assert_eq!(lab.devices["ada-lt"].host, "ADA-LT");
}

#[test]
fn three_lines_are_a_useful_lab() {
    let lab = Lab::parse(
        "tiny.toml",
        "format = \"trustlab.lab/1\"\n[domain.corp]\ndns-name = \"ad.corp.example\"\n",
    );
    let lab = lab.expect("three lines are a lab");
    assert_eq!(lab.dcs["dc01"].domain, "corp");
    assert_eq!(lab.tenants["main"].domains, ["corp.example"]);
    assert_eq!(lab.users["ada"].upn, "ada@corp.example");
    assert_eq!(lab.devices["ada-lt"].hello, ["ada"]);
    assert_eq!(lab.kerberos_servers["corp"].tenants, ["main"]);
    assert_eq!(lab.servers["fs01"].shares["projects"].write, ["Domain Users"]);
}

#[test]
fn the_built_in_lab_has_registered_devices_and_one_published_key() {
    let lab = CompiledLab::compile(Lab::fernhill()).expect("the built-in lab compiles");
    let (tenant, state) = &lab.tenants()["fernhill"];
    let half = tenant
        .kerberos_domain("ad.fernhill.example")
        .expect("the key is published");
    assert_eq!(half.kvno().0, 0x53D7_04B3);
    let rodc = lab.domains()["fernhill"]
        .rodc(21463)
        .expect("the object stands in AD");
    let etype = half.key.etype();
    assert_eq!(
        rodc.krbtgt.keys.current().key(etype),
        Some(&half.key),
        "both halves have one key"
    );
    assert_eq!(state.devices().count(), lab.lab().devices.len());
    assert!(lab.devices()["ada-lt"].registration.is_some());
    assert!(
        lab.devices()["ada-lt"]
            .user("ada@fernhill.example")
            .is_some_and(|ada| ada.hello.is_some())
    );
}

#[test]
fn the_same_lab_compiles_to_the_same_keys_and_another_seed_to_others() {
    let compiled = |seed| {
        let lab = Lab {
            seed,
            ..Lab::fernhill()
        };
        let lab = CompiledLab::compile(lab).expect("the lab compiles");
        (
            lab.domains()["fernhill"].krbtgt().keys.current().clone(),
            *lab.hash(),
        )
    };
    let (keys, hash) = compiled(1);
    let (again, same_hash) = compiled(1);
    let (others, other_hash) = compiled(2);
    assert_eq!(keys.strongest(), again.strongest());
    assert_eq!(hash, same_hash);
    assert_ne!(keys.strongest(), others.strongest());
    assert_ne!(hash, other_hash);
}

const TWO_FORESTS: &str = r#"
format = "trustlab.lab/1"
[domain.root]
dns-name = "ad.fernhill.example"
[domain.north]
dns-name = "north.ad.fernhill.example"
parent = "root"
[domain.oak]
dns-name = "ad.oakmere.example"
[trust.oak]
trusting = "root"
trusted = "oak"
"#;

#[test]
fn parents_trust_their_children_and_forests_what_lies_behind() {
    let lab = Lab::parse("two.toml", TWO_FORESTS).unwrap_or_else(|problems| panic!("{problems}"));
    let compiled = CompiledLab::compile(lab).expect("it compiles");
    let trust = |domain: &str, realm: &str| {
        let realm = kerberos::wire::Realm::from(realm);
        compiled.domains()[domain]
            .trust(&realm)
            .cloned()
            .expect("a trust")
            .spec
            .clone()
    };
    let up = trust("north", "AD.FERNHILL.EXAMPLE");
    let down = trust("root", "NORTH.AD.FERNHILL.EXAMPLE");
    let key = |ring: &Option<kdc_sim::directory::KeyRing>| {
        ring.as_ref()
            .and_then(|ring| ring.current().strongest().cloned())
            .expect("a key")
    };
    assert_eq!(key(&up.incoming), key(&down.outgoing));
    assert_ne!(key(&up.incoming), key(&up.outgoing));
    assert!(up.leads_to("AD.OAKMERE.EXAMPLE") && up.has_suffix("fs9.ad.oakmere.example"));
    assert!(!down.leads_to("AD.OAKMERE.EXAMPLE"));
    let across = trust("oak", "AD.FERNHILL.EXAMPLE");
    assert!(across.leads_to("NORTH.AD.FERNHILL.EXAMPLE"));
    assert_eq!(across.domains.len(), 1);
    assert!(compiled.domains()["north"].catalog().is_some());
    assert!(compiled.domains()["oak"].catalog().is_none());
}

#[test]
fn a_one_way_trust_has_keys_for_one_way() {
    let text = TWO_FORESTS.to_owned() + "direction = \"one-way\"\n";
    let lab = Lab::parse("one-way.toml", &text).unwrap_or_else(|problems| panic!("{problems}"));
    let compiled = CompiledLab::compile(lab).expect("it compiles");
    let ways = |domain: &str| {
        let trusts = compiled.domains()[domain].trusts();
        let spec = &trusts.last().expect("a trust").spec;
        (spec.incoming.is_some(), spec.outgoing.is_some())
    };
    assert_eq!(ways("root"), (false, true));
    assert_eq!(ways("oak"), (true, false));
}

#[test]
fn delegation_becomes_attributes_of_accounts() {
    let text = r#"format = "trustlab.lab/1"
[domain.corp]
dns-name = "ad.corp.example"
[dc.dc01]
kerberos-armoring = "required"
[user.ada]
sensitive = true
[user.svc]
service-names = ["HTTP/intranet.corp.example"]
protocol-transition = true
delegate-to = "cifs/fs01.ad.corp.example"
[server.fs01]
accepts-delegation-from = ["svc", "fs01", "Domain Computers"]
"#;
    let lab = Lab::parse("delegation.toml", text).expect("it is right");
    assert_eq!(lab.dcs["dc01"].armoring, Armoring::Required);
    let compiled = CompiledLab::compile(lab).expect("it fits together");
    let domain = &compiled.domains()["corp"];
    let account = |name: &str| domain.account(name).expect("it is declared").clone();
    assert!(!account("ada").may_delegate());
    let service = account("svc");
    assert_eq!(service.delegate_to.len(), 1);
    assert!(domain.account_by_spn("http/INTRANET.corp.example").is_some());
    let accepted = &account("FS01$").accepts_delegation_from;
    let names: Vec<&str> = accepted.iter().map(|(_, name)| &**name).collect();
    assert_eq!(names, ["svc", "FS01$", "Domain Computers"]);
    assert_eq!(accepted.first().map(|(sid, _)| *sid), Some(service.sid));
    let wrong = text.replace("cifs/fs01.ad.corp.example", "fs01");
    let problems = Lab::parse("delegation.toml", &wrong)
        .expect_err("no SPN")
        .to_string();
    assert!(
        problems.contains("`fs01` is no service principal name"),
        "{problems}"
    );
}

/// Every mistake of one file, in one go.
#[test]
fn wrong_estates_are_refused_with_every_problem() {
    let text = r#"format = "trustlab.lab/1"
[domain.root]
dns-name = "ad.fernhill.example"
[domain.north]
dns-name = "north.fernhill.example"
parent = "root"
[dc.dc01]
domain = "root"
address = "192.0.2.10"
[dc.dc02]
domain = "north"
address = "192.0.2.10"
[trust.nowhere]
trusting = "root"
trusted = "oka"
[trust.twice]
trusting = "root"
trusted = "north"
[user.ada]
domain = "rooot"
[user.kim]
domain = "north"
groups = ["Readers"]
[group.Readers]
domain = "root"
[kerberos-server.root]
number = 21463
[dc.br-rodc]
domain = "root"
address = "192.0.2.12"
writable = false
key-number = 21463
"#;
    let problems = Lab::parse("wrong.toml", text)
        .expect_err("it is wrong")
        .to_string();
    for expected in [
        "wrong.toml:10:5: the address 192.0.2.10",
        "the address 192.0.2.10 is there twice",
        "there is no domain `oka`",
        "there is no domain `rooot`",
    ] {
        assert!(problems.contains(expected), "{expected} in:\n{problems}");
    }
    let mended = text.replace("oka", "north").replace("rooot", "root");
    let problems = Lab::parse("wrong.toml", &mended)
        .expect_err("it is wrong")
        .to_string();
    for expected in [
        "is no child of ad.fernhill.example",
        "have a trust already",
        "kim of north cannot be a member of Readers",
        "the key number 21463 is there twice",
    ] {
        assert!(problems.contains(expected), "{expected} in:\n{problems}");
    }
}
