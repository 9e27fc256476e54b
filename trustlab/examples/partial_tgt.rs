//! Makes a partial TGT with the key of a read-only DC, exchanges it at a KDC for a full TGT, asks for a service ticket
//! with that, and prints what the KDC answered: `ok`, or the number and name of the error.
//!
//!     partial_tgt ADDRESS:PORT REALM KVNO KEY USER SID SERVICE [FLAW]
//!
//! KVNO is that of the read-only DC's krbtgt key with the DC's number in its upper half, KEY that key (AES-256, hexadecimal),
//! SERVICE such as `cifs/files.lab.test`. FLAW is one thing wrong with the ticket: `no-pac`, `no-requestor`, or
//! `bad-signature`. A ticket with the SID of another account needs no flaw: give that SID.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kerberos::codes::PaDataType;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::pac::{
    AttributesFlags, AttributesInfo, ClientInfo, GroupMembership, LogonInfo, PacBuilder, PacKeys,
    SignatureSet,
};
use kerberos::sid::Sid;
use kerberos::wire::{
    ApOptions, ApReq, Authenticator, AuthorizationData, Checksum, EncKdcRepPart, EncTicketPart,
    EncryptedData, EncryptionKey, KdcOptions, KdcReq, KdcReqBody, KdcReqKind, Kvno, Message, MethodData,
    PrincipalName, Pvno, Realm, Ticket, TicketFlags, TransitedEncoding, UInt32,
};
use kerberos::{KerberosTime, Timestamp};
use rand::{CryptoRng, SeedableRng};
use rand_chacha::ChaCha12Rng;

type Fault = Box<dyn std::error::Error>;

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, realm, kvno, key, user, sid, service, flaw @ ..] = arguments.as_slice() else {
        eprintln!("usage: partial_tgt ADDRESS:PORT REALM KVNO KEY USER SID SERVICE [FLAW]");
        std::process::exit(2);
    };
    let partial = Partial {
        realm,
        kvno: Kvno(kvno.parse()?),
        krbtgt: Key::new(Etype::Aes256CtsHmacSha196, &hex::decode(key)?)?,
        user,
        sid: sid.parse()?,
        flaw: flaw.first().map(|flaw| Flaw::parse(flaw)).transpose()?,
    };
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = Timestamp::from_unix_micros(i64::try_from(since_epoch.as_micros())?);
    let mut rng = ChaCha12Rng::seed_from_u64(now.unix_micros().unsigned_abs());

    let address = address.parse()?;
    let tgt = partial.ticket(now, &mut rng)?;
    let krbtgt = PrincipalName::krbtgt(realm.as_str());
    let Some(full) = exchange(address, &tgt, &krbtgt, now, &mut rng)? else {
        return Ok(());
    };
    let kvno = full.ticket.enc_part.kvno.unwrap_or_default();
    if kvno.rodc_number() != 0 {
        return Err(format!("expected a full TGT, came one with kvno {kvno}").into());
    }
    let Some(ticket) = exchange(address, &full, &PrincipalName::parse(service), now, &mut rng)? else {
        return Ok(());
    };
    println!(
        "ok: full TGT with kvno {kvno}, then {service} with etype {}",
        ticket.ticket.enc_part.etype
    );
    Ok(())
}

/// What the partial TGT says, and what is wrong with it.
struct Partial<'a> {
    realm: &'a str,
    kvno: Kvno,
    krbtgt: Key,
    user: &'a str,
    sid: Sid,
    flaw: Option<Flaw>,
}

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    BadSignature,
    NoPac,
    NoRequestor,
}

impl Flaw {
    fn parse(text: &str) -> Result<Self, Fault> {
        match text {
            "bad-signature" => Ok(Self::BadSignature),
            "no-pac" => Ok(Self::NoPac),
            "no-requestor" => Ok(Self::NoRequestor),
            _ => Err(format!("expected bad-signature, no-pac or no-requestor, came {text}").into()),
        }
    }
}

/// A ticket and what its holder needs with it.
struct Held {
    ticket: Ticket,
    session_key: Key,
    realm: Realm,
    client: PrincipalName,
}

impl Partial<'_> {
    fn ticket(&self, now: Timestamp, rng: &mut dyn CryptoRng) -> Result<Held, Fault> {
        let session_key = Key::generate(Etype::Aes256CtsHmacSha196, rng);
        let client = PrincipalName::principal(self.user);
        let realm = Realm::from(self.realm);
        // whole seconds, as the ticket has them: CLIENT_INFO names the same time
        let authtime = now.kerberos_time();
        let pac = self.pac(authtime, rng)?;
        let part = EncTicketPart {
            flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::ENC_PA_REP,
            key: EncryptionKey::from(&session_key),
            crealm: realm.clone(),
            cname: client.clone(),
            transited: TransitedEncoding {
                r#type: 0,
                contents: Vec::new().into(),
            },
            authtime,
            starttime: Some(authtime),
            endtime: KerberosTime(authtime.0 + 10 * 3600),
            renew_till: Some(KerberosTime(authtime.0 + 7 * 24 * 3600)),
            caddr: None,
            authorization_data: pac.map(AuthorizationData::from_pac),
        };
        let enc_part = EncryptedData::seal(
            &self.krbtgt,
            KeyUsage::TICKET,
            Some(self.kvno),
            &part.encode(),
            rng,
        );
        let sname = PrincipalName::krbtgt(self.realm);
        Ok(Held {
            ticket: Ticket {
                tkt_vno: Pvno,
                realm: realm.clone(),
                sname,
                enc_part,
            },
            session_key,
            realm,
            client,
        })
    }

    fn pac(&self, authtime: KerberosTime, rng: &mut dyn CryptoRng) -> Result<Option<Vec<u8>>, Fault> {
        if self.flaw == Some(Flaw::NoPac) {
            return Ok(None);
        }
        let authtime = Timestamp::from_unix_seconds(authtime.0).into();
        let mut builder = PacBuilder::new()
            .logon_info(&LogonInfo {
                logon_time: authtime,
                effective_name: self.user.into(),
                user_id: self.sid.rid().ok_or("expected the SID of an account")?,
                primary_group_id: DOMAIN_USERS,
                groups: vec![GroupMembership::new(DOMAIN_USERS)],
                logon_domain_id: self.sid.domain(),
                ..LogonInfo::default()
            })
            .client_info(&ClientInfo {
                client_id: authtime,
                name: self.user.to_owned(),
            })
            .attributes_info(&AttributesInfo::new(AttributesFlags::PAC_WAS_REQUESTED));
        if self.flaw != Some(Flaw::NoRequestor) {
            builder = builder.requestor(&self.sid);
        }
        let other = Key::generate(Etype::Aes256CtsHmacSha196, rng);
        let mut keys = PacKeys::of_tgt(&self.krbtgt, Some(self.kvno.rodc_number()));
        if self.flaw == Some(Flaw::BadSignature) {
            keys.server = &other;
        }
        Ok(Some(builder.sign(&keys, &SignatureSet::TGT)))
    }
}

/// One TGS exchange; `None` when the KDC refused, after saying how.
fn exchange(
    address: SocketAddr,
    tgt: &Held,
    server: &PrincipalName,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
) -> Result<Option<Held>, Fault> {
    let request = tgs_req(tgt, server, now, rng);
    let reply = match Message::decode(&send(address, &request.encode())?)? {
        Message::TgsRep(reply) => reply,
        Message::Error(error) => {
            println!("{} {}", error.error_code.0, error.error_code);
            return Ok(None);
        }
        _ => return Err("expected a TGS-REP or a KRB-ERROR, came another message".into()),
    };
    let part = EncKdcRepPart::decode(
        &reply
            .enc_part
            .open(&tgt.session_key, KeyUsage::TGS_REP_SESSION_KEY)?,
    )?;
    if part.nonce != request.body().nonce {
        return Err("expected the nonce of the request, came another".into());
    }
    Ok(Some(Held {
        ticket: reply.ticket,
        session_key: part.key.to_key()?,
        realm: reply.crealm,
        client: reply.cname,
    }))
}

fn tgs_req(tgt: &Held, server: &PrincipalName, now: Timestamp, rng: &mut dyn CryptoRng) -> KdcReq {
    let body = KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
        cname: None,
        realm: tgt.realm.clone(),
        sname: Some(server.clone()),
        from: None,
        till: KerberosTime::WINDOWS_FOREVER,
        rtime: None,
        nonce: UInt32(rng.next_u32() >> 1),
        etype: vec![Etype::Aes256CtsHmacSha196.number(), Etype::Rc4Hmac.number()],
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    };
    let mut request = KdcReq::new(KdcReqKind::Tgs, MethodData::default(), body);
    let checksum = tgt
        .session_key
        .checksum(KeyUsage::TGS_REQ_CHECKSUM, request.body_octets());
    let authenticator = Authenticator {
        authenticator_vno: Pvno,
        crealm: tgt.realm.clone(),
        cname: tgt.client.clone(),
        cksum: Some(Checksum {
            r#type: tgt.session_key.checksum_type().number(),
            checksum: checksum.as_slice().to_vec().into(),
        }),
        cusec: now.into(),
        ctime: now.kerberos_time(),
        subkey: None,
        seq_number: None,
        authorization_data: None,
    };
    let usage = KeyUsage::TGS_REQ_AUTHENTICATOR;
    let sealed = EncryptedData::seal(&tgt.session_key, usage, None, &authenticator.encode(), rng);
    let ap_req = ApReq::new(ApOptions::empty(), tgt.ticket.clone(), sealed);
    request.padata.push(PaDataType::TGS_REQ, ap_req.encode());
    request
}

/// One message over TCP (RFC 4120 section 7.2.2).
fn send(address: SocketAddr, request: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(&u32::try_from(request.len())?.to_be_bytes())?;
    stream.write_all(request)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > MAX_REPLY_OCTETS {
        return Err(format!("expected a reply of at most {MAX_REPLY_OCTETS} octets, came {length}").into());
    }
    let mut reply = vec![0; length as usize];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

/// RID of the group every user is in.
const DOMAIN_USERS: u32 = 513;
const MAX_REPLY_OCTETS: u32 = 1 << 20;
