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
