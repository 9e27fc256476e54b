//! Every rule that refuses has a test in which it does and in which a request just gets past it.

use std::collections::BTreeSet;

use evidence::decision::Outcome;

use crate::lab::{Decided, LEDGER};
use crate::{cloud_kdc, refusals};

/// A rule and a test that shows both of its sides.
type Case = (&'static str, fn());

const CASES: &[Case] = &[
    ("ENTRA-REQUEST-FORM", refusals::requests_that_are_none),
    ("ENTRA-TENANT", refusals::requests_that_are_none),
    ("ENTRA-USER", refusals::a_wrong_password_or_user),
    ("ENTRA-PASSWORD", refusals::a_wrong_password_or_user),
    (
        "ENTRA-REFRESH-TOKEN",
        refusals::a_renewal_with_another_session_key_or_of_no_prt_or_too_late,
    ),
    (
        "ENTRA-ACCESS-TOKEN",
        refusals::registrations_without_a_good_token_or_body,
    ),
    (
        "ENTRA-DEVICE-REGISTERED",
        refusals::registrations_without_a_good_token_or_body,
    ),
    (
        "ENTRA-KEY-NGCMFA",
        refusals::a_hello_key_takes_strong_authentication,
    ),
    (
        "ENTRA-KEY-REGISTERED",
        refusals::registrations_without_a_good_token_or_body,
    ),
    ("PRT-NONCE", refusals::a_nonce_serves_once_and_not_for_long),
    ("PRT-DEVICE", refusals::a_device_that_is_not_ours_or_is_disabled),
    ("PRT-DEVICE-SIGNATURE", refusals::another_key_than_the_device_key),
    (
        "PRT-HELLO-KEY",
        refusals::a_hello_key_that_is_not_registered_or_did_not_sign,
    ),
    (
        "PRT-HELLO-SIGNATURE",
        refusals::a_hello_key_that_is_not_registered_or_did_not_sign,
    ),
    ("PRT-HELLO-TIME", refusals::an_assertion_out_of_time),
    (
        "PRT-SESSION-KEY",
        refusals::a_renewal_with_another_session_key_or_of_no_prt_or_too_late,
    ),
    ("CLOUD-KDC-ENVELOPE", cloud_kdc::the_envelope_and_its_realm),
    ("CLOUD-KDC-REALM", cloud_kdc::the_envelope_and_its_realm),
    (
        "CLOUD-KDC-REQUEST",
        cloud_kdc::only_a_tgs_req_with_a_tgt_is_served,
    ),
    ("CLOUD-KDC-TGT", cloud_kdc::only_a_tgs_req_with_a_tgt_is_served),
    (
        "CLOUD-KDC-TICKET-FOR-US",
        cloud_kdc::a_tgt_of_another_tenant_or_for_another_realm,
    ),
    (
        "CLOUD-KDC-TICKET-KEY",
        cloud_kdc::a_tgt_of_another_tenant_or_for_another_realm,
    ),
    (
        "CLOUD-KDC-TRUST-KEY",
        cloud_kdc::a_tgt_of_a_domain_that_trusts_the_cloud_realm,
    ),
    (
        "CLOUD-KDC-TRUST-PAC",
        cloud_kdc::the_pac_of_a_domains_tgt_names_its_owner,
    ),
    (
        "CLOUD-KDC-TICKET-TIMES",
        cloud_kdc::a_tgt_is_used_from_its_start_to_its_end,
    ),
    (
        "CLOUD-KDC-AUTHENTICATOR",
        cloud_kdc::the_authenticator_is_the_clients_in_time_and_new,
    ),
    (
        "CLOUD-KDC-SKEW",
        cloud_kdc::the_authenticator_is_the_clients_in_time_and_new,
    ),
    (
        "CLOUD-KDC-REPEAT",
        cloud_kdc::the_authenticator_is_the_clients_in_time_and_new,
    ),
    ("CLOUD-KDC-BODY-CHECKSUM", cloud_kdc::the_checksum_covers_the_body),
    (
        "CLOUD-KDC-OPTIONS",
        cloud_kdc::nothing_but_a_service_ticket_with_aes_256_that_lives,
    ),
    (
        "CLOUD-KDC-USER",
        cloud_kdc::a_user_who_was_deleted_or_disabled_since,
    ),
    (
        "CLOUD-KDC-SERVICE",
        cloud_kdc::the_service_is_found_in_any_case_unless_the_setting_says_otherwise,
    ),
    (
        "CLOUD-KDC-CONSENT",
        cloud_kdc::what_administrators_decide_about_an_application,
    ),
    (
        "CLOUD-KDC-ASSIGNMENT",
        cloud_kdc::what_administrators_decide_about_an_application,
    ),
    (
        "CLOUD-KDC-MFA",
        cloud_kdc::what_administrators_decide_about_an_application,
    ),
    (
        "CLOUD-KDC-ETYPE",
        cloud_kdc::nothing_but_a_service_ticket_with_aes_256_that_lives,
    ),
    (
        "CLOUD-KDC-LIFE",
        cloud_kdc::nothing_but_a_service_ticket_with_aes_256_that_lives,
    ),
];

#[test]
fn every_rule_refuses_and_lets_through() {
    for (rule, case) in CASES {
        LEDGER.take();
        case();
        let ledger = LEDGER.take();
        assert!(
            ledger.iter().any(|decided| refused_by(decided) == Some(*rule)),
            "{rule} refuses nothing in its case"
        );
        assert!(
            ledger.iter().any(|decided| got_past(decided, rule)),
            "{rule} lets nothing through in its case: {ledger:?}"
        );
        let recorded = ledger
            .iter()
            .flatten()
            .any(|(id, outcome)| (*id, *outcome) == (*rule, Outcome::Passed));
        assert!(!recorded || !SILENT.contains(rule), "{rule} is not silent");
    }
    let covered: BTreeSet<&str> = CASES.iter().map(|(rule, _)| *rule).collect();
    let refusing = cloud_sim::rules()
        .iter()
        .filter(|rule| rule.refuses_with.is_some());
    let missing: Vec<_> = refusing.filter(|rule| !covered.contains(rule.id)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

fn refused_by(decided: &Decided) -> Option<&'static str> {
    let refused = decided.iter().find(|(_, outcome)| *outcome == Outcome::Refused);
    refused.map(|(rule, _)| *rule)
}

/// Rules that say nothing where they let a request through.
const SILENT: &[&str] = &[
    "ENTRA-REQUEST-FORM",
    "ENTRA-TENANT",
    "ENTRA-DEVICE-REGISTERED",
    "ENTRA-KEY-NGCMFA",
    "ENTRA-KEY-REGISTERED",
    "CLOUD-KDC-ENVELOPE",
    "CLOUD-KDC-REALM",
    "CLOUD-KDC-REQUEST",
    "CLOUD-KDC-TGT",
    "CLOUD-KDC-TICKET-FOR-US",
    "CLOUD-KDC-TICKET-TIMES",
    "CLOUD-KDC-SKEW",
    "CLOUD-KDC-REPEAT",
    "CLOUD-KDC-BODY-CHECKSUM",
    "CLOUD-KDC-OPTIONS",
    "CLOUD-KDC-ETYPE",
    "CLOUD-KDC-LIFE",
];

/// Whether a request passed the rule: it is recorded, or for a rule that records nothing, a request of the same kind came to its
/// end, or to the refusal of a later rule.
fn got_past(decided: &Decided, rule: &str) -> bool {
    if !SILENT.contains(&rule) {
        return decided
            .iter()
            .any(|(id, outcome)| (*id, *outcome) == (rule, Outcome::Passed));
    }
    let place = |rule: &str| cloud_sim::rules().iter().position(|known| known.id == rule);
    let ends: &[&str] = match rule {
        "ENTRA-DEVICE-REGISTERED" => &["ENTRA-DEVICE-REGISTERED"],
        "ENTRA-ACCESS-TOKEN" | "ENTRA-KEY-NGCMFA" | "ENTRA-KEY-REGISTERED" => &["ENTRA-KEY-REGISTERED"],
        rule if rule.starts_with("CLOUD-KDC-") => &["CLOUD-KDC-ISSUED"],
        _ => &["PRT-ISSUED", "PRT-RENEWED"],
    };
    match refused_by(decided) {
        Some(other) => {
            let family = |rule: &str| rule.starts_with("CLOUD-KDC-");
            family(other) == family(rule) && place(other) > place(rule)
        }
        None => decided.iter().any(|(rule, _)| ends.contains(rule)),
    }
}
