//! A PAC with all its buffers and signatures, and the surgery on encoded tickets.
#![no_main]

use kerberos::crypto::{Etype, Key};
use kerberos::pac::{LogonInfo, Pac, PacKeys, SignatureSet, pac_of_ticket, replace_pac, ticket_without_pac};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = (
        pac_of_ticket(data),
        ticket_without_pac(data),
        replace_pac(data, b"pac"),
    );
    let Ok(pac) = Pac::parse(data) else { return };
    let _ = (pac.credential_info(), pac.client_info(), pac.delegation_info());
    let _ = (pac.upn_dns_info(), pac.attributes_info(), pac.requestor());
    if let Ok(Some(info)) = pac.logon_info() {
        let _ = (info.user_sid(), info.sids().count());
        let mut written = Vec::new();
        info.encode(&mut written);
        assert_eq!(LogonInfo::decode(&written).as_ref(), Ok(&info));
    }
    let key = Key::new(Etype::Aes256CtsHmacSha196, &[7; 32]).expect("32 octets");
    for signatures in [SignatureSet::TGT, SignatureSet::service(b"ticket")] {
        let _ = pac.verify(&PacKeys::of_tgt(&key, Some(21463)), &signatures);
    }
});
