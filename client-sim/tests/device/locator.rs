//! The DC locator against a DC that answers netlogon pings, and against none.

use std::time::Duration;

use crate::lab::{ADA, DOMAIN, Desk};
use client_sim::event::DcRefusal;
use client_sim::flow::EXCHANGE_DC;
use client_sim::{Act, ClientEvent, FlowError, Performed};
use kerberos::codes::NtStatus;
use kerberos::netlogon::DcFlags;

fn locate(desk: &mut Desk, rediscover: bool) -> Result<String, FlowError> {
    locate_with(desk, EXCHANGE_DC, rediscover)
}

fn locate_with(desk: &mut Desk, required: DcFlags, rediscover: bool) -> Result<String, FlowError> {
    let domain = DOMAIN.into();
    let act = Act::LocateDc {
        domain,
        required,
        rediscover,
    };
    match desk.act(ADA, &act)? {
        Performed::Located(dc) => Ok(dc.host.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dc_is_found_once_and_remembered() {
    let mut desk = Desk::registered();
    assert_eq!(locate(&mut desk, false).unwrap(), "dc01.ad.fernhill.example");
    assert_eq!(desk.device.site.as_deref(), Some("Office"));
    locate(&mut desk, false).unwrap();
    assert_eq!(desk.network.datagrams.get(), 1);
    locate(&mut desk, true).unwrap();
    assert_eq!(desk.network.datagrams.get(), 2);
}

#[test]
fn a_dc_without_the_key_list_is_refused_for_an_exchange_and_good_enough_otherwise() {
    let mut desk = Desk::registered();
    desk.network.dc_flags.set(DcFlags::KDC | DcFlags::WRITABLE);
    let error = locate(&mut desk, false).unwrap_err();
    assert_eq!(error.nt_status(), NtStatus::NO_LOGON_SERVERS);
    assert!(desk.saw(
        |event| matches!(event, ClientEvent::DcRefused { why: DcRefusal::Lacks(lacks), .. } if *lacks == DcFlags::KEY_LIST)
    ));
    locate_with(&mut desk, DcFlags::KDC, true).unwrap();
}

#[test]
fn absence_is_believed_for_45_seconds() {
    let mut desk = Desk::registered();
    desk.network.dc_reachable.set(false);
    locate(&mut desk, false).unwrap_err();
    desk.network.dc_reachable.set(true);

    desk.network
        .wait(Duration::from_secs(45) - Duration::from_micros(1));
    locate(&mut desk, false).unwrap_err();
    desk.network.wait(Duration::from_micros(1));
    locate(&mut desk, false).unwrap();
}

#[test]
fn a_new_network_is_asked_at_once() {
    let mut desk = Desk::registered();
    desk.network.dc_reachable.set(false);
    locate(&mut desk, false).unwrap_err();
    desk.network.dc_reachable.set(true);
    desk.device.network_changed();
    locate(&mut desk, false).unwrap();
}
