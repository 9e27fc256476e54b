//! No octets make the domain controller or the file server panic.

use kdc_sim::Transport;
use kdc_sim::resource::{FileServer, ServerState};
use kerberos::codes::ErrorCode;
use kerberos::ntlm::{Authenticate, NtlmMessage};
use kerberos::wire::{KdcReq, KrbError, Mechanism, NegotiationToken};
use proptest::prelude::*;

use crate::lab::*;

#[test]
fn what_is_no_kerberos_is_not_answered_and_what_is_no_request_is() {
    let mut lab = Lab::new();
    assert!(lab.send(b"").reply.is_empty());
    assert!(lab.send(b"GET / HTTP/1.0\r\n\r\n").reply.is_empty());
    assert_eq!(code(&lab.send(&[0x6B, 0])), ErrorCode::MSG_TYPE);
    assert_eq!(code(&lab.send(&[0x6C, 0])), ErrorCode::GENERIC);
    let held = Partial::new(&lab, "ada").held();
    let request = KdcReq::decode(&Ask::tgt(&held).request(&mut lab)).unwrap();
    let bare = KdcReq::new(request.kind, Default::default(), request.body().clone()).encode();
    assert_eq!(code(&lab.send(&bare)), ErrorCode::PADATA_TYPE_NOSUPP);
    let nobody = KdcReq::new(
        kerberos::wire::KdcReqKind::As,
        Default::default(),
        request.body().clone(),
    )
    .encode();
    assert_eq!(code(&lab.send(&nobody)), ErrorCode::C_PRINCIPAL_UNKNOWN);
}

/// Sends octets every way into a file server that has a challenge open. Nobody gets in.
fn send_to_server(lab: &mut Lab, octets: &[u8]) {
    let server = FileServer::of_account(&lab.domain, "FS01$").unwrap();
    let state = || ServerState {
        challenges: vec![[0; 8]],
        ..Default::default()
    };
    for accepted in [
        server.accept(&mut state(), lab.now, &mut lab.rng, octets),
        server.negotiate(&mut state(), lab.now, &mut lab.rng, octets),
        server.ntlm(&mut state(), None, lab.now, &mut lab.rng, octets),
        server.ntlm(&mut state(), Some(&lab.domain), lab.now, &mut lab.rng, octets),
    ] {
        assert!(accepted.session.is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_octets(octets in proptest::collection::vec(any::<u8>(), 0..300), first in 0x60u8..0x80) {
        let mut lab = Lab::new();
        lab.send(&octets);
        let tagged = [vec![first], octets].concat();
        lab.send_over(Transport::Udp, &tagged);
        send_to_server(&mut lab, &tagged);
    }

    #[test]
    fn any_octets_behind_a_beginning_that_a_server_knows(
        octets in proptest::collection::vec(any::<u8>(), 0..120),
        names in "[a-z@.]{0,8}",
    ) {
        let mut lab = Lab::new();
        let length = u8::try_from(octets.len()).unwrap();
        let oid = [6, 6, 0x2B, 6, 1, 5, 5, 2];
        send_to_server(&mut lab, &[&[0xA1, length], octets.as_slice()].concat());
        send_to_server(&mut lab, &[&[0xA1, length + 2, 0x30, length], octets.as_slice()].concat());
        send_to_server(&mut lab, &[&[0x60, length + 8], oid.as_slice(), &octets].concat());
        for kind in 0..5 {
            send_to_server(&mut lab, &[b"NTLMSSP\0".as_slice(), &[kind, 0, 0, 0], &octets].concat());
        }
        for user in ["ada", &names] {
            let proof = Authenticate {
                domain: names.clone(),
                user: user.to_owned(),
                workstation: names.clone(),
                nt_response: octets.clone(),
            };
            send_to_server(&mut lab, &NtlmMessage::Authenticate(proof).encode());
        }
        for token in [None, Some(octets)] {
            let mechanisms = vec![Mechanism::Kerberos];
            send_to_server(&mut lab, &NegotiationToken::Init { mechanisms, token: token.clone() }.encode());
            let response = NegotiationToken::Response { state: None, mechanism: None, token };
            send_to_server(&mut lab, &response.encode());
        }
    }

    #[test]
    fn any_change_of_a_request(at in any::<prop::sample::Index>(), bits in 1u8.., cut in any::<prop::sample::Index>()) {
        let mut lab = Lab::new();
        let held = Partial::new(&lab, "ada").held();
        for mut request in [Ask::tgt(&held).request(&mut lab), AsAsk::new(&lab, "ada").request(&mut lab)] {
            let short = &request[..cut.index(request.len())].to_vec();
            let handled = lab.send(short);
            prop_assert!(handled.reply.is_empty() || KrbError::decode(&handled.reply).is_ok());
            let at = at.index(request.len());
            request[at] ^= bits;
            lab.send(&request);
        }
    }
}
