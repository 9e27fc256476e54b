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
