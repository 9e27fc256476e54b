//! No octets make the domain controller or the file server panic.

use kdc_sim::Transport;
use kdc_sim::resource::{FileServer, ServerState};
use kerberos::codes::ErrorCode;
use kerberos::wire::{KdcReq, KrbError};
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_octets(octets in proptest::collection::vec(any::<u8>(), 0..300), first in 0x60u8..0x80) {
        let mut lab = Lab::new();
        lab.send(&octets);
        let tagged = [vec![first], octets].concat();
        lab.send_over(Transport::Udp, &tagged);
        let server = FileServer::of_account(&lab.domain, "FS01$").unwrap();
        server.accept(&mut ServerState::default(), lab.now, &mut lab.rng, &tagged);
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
