//! Exports of directories, and what becomes of them.

use super::import;
use crate::lab::{CompiledLab, Lab};

const LDIF: &str = "\
version: 1

# extended LDIF
dn: CN=Ada Lovelace,OU=People,DC=ad,DC=fernhill,DC=example
objectClass: top
objectClass: user
sAMAccountName: ada
userPrincipalName: ada@fernhill.example
displayName: Ada
 \u{20}Lovelace
objectSid:: AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAUQQAAA==
memberOf: CN=Engineers,OU=Groups,DC=ad,DC=fernhill,DC=example

dn: CN=Eve,OU=People,DC=ad,DC=fernhill,DC=example
objectClass: user
sAMAccountName: eve
userAccountControl: 514
pwdLastSet: 0

dn: CN=Engineers,OU=Groups,DC=ad,DC=fernhill,DC=example
objectClass: group
sAMAccountName: Projects-Write
groupType: -2147483644
member: CN=Eve,OU=People,DC=ad,DC=fernhill,DC=example

dn: CN=PC1,CN=Computers,DC=ad,DC=fernhill,DC=example
objectClass: user
objectClass: computer
sAMAccountName: PC1$
";

#[test]
fn an_ldif_export_becomes_a_lab_that_compiles() {
    let text = import("users.ldif", LDIF).unwrap_or_else(|problems| panic!("{problems}"));
    let lab = Lab::parse("lab.toml", &text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    assert_eq!(lab.domains["corp"].dns_name, "ad.fernhill.example");
    let ada = &lab.users["ada"];
    assert_eq!((ada.display_name.as_str(), ada.rid), ("Ada Lovelace", 1105));
    assert_eq!(ada.groups, ["Projects-Write"]);
    let eve = &lab.users["eve"];
    assert!(!eve.enabled && eve.password_expired);
    assert_eq!(eve.groups, ["Projects-Write"], "memberships are on either side");
    assert!(text.contains("Left out: 1 computers"), "{text}");
    CompiledLab::compile(lab).expect("it compiles");
}

#[test]
fn a_csv_export_becomes_a_lab_that_compiles() {
    let text = "SamAccountName,UserPrincipalName,Name,Enabled,SID,Groups\n\
                ada,ada@corp.example,\"Lovelace, Ada\",True,S-1-5-21-1-2-3-1201,Writers;Domain Admins\n\
                dom,dom@corp.example,Dom,False,,\"CN=Night\\, late,OU=Groups,DC=corp;Writers\"\n";
    let text = import("users.CSV", text).unwrap_or_else(|problems| panic!("{problems}"));
    let lab = Lab::parse("lab.toml", &text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    assert_eq!(lab.users["ada"].display_name, "Lovelace, Ada");
    assert_eq!(lab.users["ada"].rid, 1201);
    assert_eq!(lab.users["ada"].groups, ["Writers", "Domain Admins"]);
    assert!(!lab.users["dom"].enabled);
    assert_eq!(lab.users["dom"].groups, ["Night- late", "Writers"]);
    assert!(text.contains("# Night, late\n[group.\"Night- late\"]"), "{text}");
    CompiledLab::compile(lab).expect("it compiles");
}

#[test]
fn names_that_are_no_names_of_a_lab_and_long_ones_are_taken_over_too() {
    let text = "SamAccountName,UserPrincipalName,Groups\n\
                a.byron,a.byron@corp.example,R&D\n\
                alexander.hamilton,hamilton@corp.example,\n\
                alexander.hamster,hamster@corp.example,\n";
    let text = import("users.csv", text).unwrap_or_else(|problems| panic!("{problems}"));
    let lab = Lab::parse("lab.toml", &text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    assert_eq!(lab.users["a-byron"].sam, "a.byron");
    assert_eq!(lab.users["a-byron"].groups, ["R-D"]);
    let hosts: Vec<&str> = lab.devices.values().map(|device| device.host.as_str()).collect();
    assert_eq!(hosts, ["A-BYRON-LT", "ALEXANDER-HAM-1", "ALEXANDER-HAM-2"]);
    CompiledLab::compile(lab).expect("it compiles");
}

#[test]
fn every_mistake_has_a_place() {
    let said = |name: &str, text: &str| import(name, text).expect_err("it is wrong").to_string();
    let csv = said("u.csv", "SamAccountName,Enabled,RID\nada,perhaps,12\n,true,\n");
    assert!(csv.contains("u.csv:2:1: enabled of ada is `perhaps`"), "{csv}");
    assert!(csv.contains("`12` is no RID of ada"), "{csv}");
    assert!(csv.contains("u.csv:3:1: this row names nobody"), "{csv}");
    assert!(said("u.csv", "colour\nred\n").contains("no column says who the users are"));
    let ldif = said(
        "u.ldif",
        "dn: CN=a,DC=x,DC=y\nobjectClass: user\nobjectSid:: !!!\n\ndn: CN=b\nchangetype: modify\nnonsense\n",
    );
    for expected in [
        "u.ldif:3:1: the value of objectsid is not base64",
        "u.ldif:6:1: a change record",
        "u.ldif:7:1:",
    ] {
        assert!(ldif.contains(expected), "{expected} in\n{ldif}");
    }
    assert!(ldif.contains("has no sAMAccountName"), "{ldif}");
}
