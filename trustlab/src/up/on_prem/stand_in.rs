//! What stands in beside a real DC. The lab itself answers a device that looks for the DC, which was named and is not looked
//! for, so that nothing but Kerberos goes to the real one. The tenant that holds the real key serves from here: no world, and
//! nothing made of one, has it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use scenarios::lab::CompiledLab;
use scenarios::world;

use super::OnPrem;
use crate::cli::Ports;
use crate::sockets::network::AddressBook;
use crate::sockets::{AnswerHttp, datagram};
use crate::up::estate::{Addresses, KERBEROS, LDAP, Listening, bind_udp, serve_entra};
use crate::up::filing::Service;
use crate::up::live::Live;

/// Serves the netlogon ping on loopback, and puts the real DC into the address book for Kerberos.
///
/// # Errors
/// The port cannot be had.
pub(crate) async fn answer_pings(
    on_prem: &OnPrem,
    compiled: &Arc<CompiledLab>,
    addresses: &mut Addresses,
    book: &mut AddressBook,
    ports: Ports,
) -> io::Result<Option<Listening>> {
    let Some((_, dc)) = compiled.lab().dcs.first() else {
        return Ok(None);
    };
    let name = format!("{}.{}", dc.host, on_prem.dns_name).to_lowercase();
    let socket = bind_udp(addresses.take(), LDAP, ports).await?;
    let cldap = socket.local_addr()?;
    book.host(&name, on_prem.kdc.ip());
    book.listener(&name, KERBEROS, on_prem.kdc);
    book.tickets_only(on_prem.kdc);
    book.listener(&name, LDAP, cldap);
    let listening = Listening {
        host: dc.host.clone(),
        domain: dc.domain.clone(),
        kerberos: on_prem.kdc,
        cldap,
        ldap: None,
    };
    let (lab, dc) = (Arc::clone(compiled), dc.clone());
    tokio::spawn(datagram::serve(
        socket,
        Arc::new(move |_, request| world::netlogon_answer(lab.lab(), &dc, true, Some(&dc.site), request)),
    ));
    Ok(Some(listening))
}

/// Entra with the real key and the real SIDs.
pub(crate) fn entra(on_prem: &OnPrem, live: Arc<Live>, service: Service) -> AnswerHttp {
    let declared = live.world().tenants().to_vec();
    let tenants = declared
        .into_iter()
        .map(|(tenant, state)| (on_prem.tenant(&tenant), state));
    let tenants = Mutex::new(tenants.collect::<Vec<_>>());
    let clock = Arc::clone(&live);
    serve_entra(live, service, move |request| {
        let now = clock.now();
        let mut tenants = tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Some((
            now,
            cloud_sim::serve(&mut tenants, 0, now, &mut rand::rng(), request)?,
        ))
    })
}
