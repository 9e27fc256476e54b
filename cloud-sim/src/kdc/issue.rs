//! Making a service ticket.

use std::sync::Arc;

use kerberos::KerberosTime;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::pac::{
    ClientInfo, FileTime, GroupMembership, LogonInfo, PacBuilder, PacKeys, SE_GROUP_DEFAULT, SignatureSet,
    UpnDnsFlags, UpnDnsInfo, replace_pac,
};
use kerberos::wire::{
    AuthorizationData, EncKdcRepPart, EncTicketPart, EncryptedData, EncryptionKey, KdcOptions, KdcReq, Kvno,
    LastReqEntry, MsgType, PrincipalName, Pvno, Realm, TgsRep, Ticket, TicketFlags, TransitedEncoding,
    UInt32,
};

use super::detail::KdcDetail;
use super::refusal::KdcRefusal;
use super::sid::cloud_sid;
use super::tgt::CloudTgt;
use crate::tenant::{Application, User};
use crate::tgt::{CLOUD_REALM, DOMAIN_USERS, NORMAL_ACCOUNT};
use crate::{Detail, Exchange, rules};

impl Exchange<'_> {
    /// A ticket for an application: AES-256, for an hour, not renewable.
    pub(super) fn issue_service_ticket(
        &mut self,
        request: &KdcReq,
        tgt: CloudTgt,
        user: &Arc<User>,
        application: &Arc<Application>,
    ) -> Result<Vec<u8>, KdcRefusal> {
        let body = request.body();
        let (start, end) = self.life(body.till, tgt.part.endtime)?;
        let session = Key::generate(Etype::Aes256CtsHmacSha196, self.rng);
        let sname = body
            .sname
            .clone()
            .unwrap_or_else(|| PrincipalName::krbtgt(CLOUD_REALM));
        let mut part = EncTicketPart {
            flags: flags(body.kdc_options, tgt.part.flags),
            key: EncryptionKey::from(&session),
            crealm: tgt.part.crealm,
            cname: tgt.part.cname,
            // no realm stands between this one and any issuer
            transited: TransitedEncoding {
                r#type: 0,
                contents: Vec::new().into(),
            },
            authtime: tgt.part.authtime,
            starttime: Some(start),
            endtime: end,
            renew_till: None,
            caddr: tgt.part.caddr,
            // the ticket signature is over the ticket with one zero octet for a PAC
            authorization_data: Some(AuthorizationData::from_pac(vec![0])),
        };
        let blank = part.encode();
        let keys = PacKeys {
            server: &application.key,
            kdc: &self.tenant.cloud_tgt_key,
            rodc_identifier: None,
        };
        let pac = pac_contents(user, &part.cname, part.authtime).sign(&keys, &SignatureSet::service(&blank));
        let octets = replace_pac(&blank, &pac).expect("the place of the PAC was made here");
        part.authorization_data = None;
        let kvno = Some(Kvno(application.key_version));
        let ticket = Ticket {
            tkt_vno: Pvno,
            realm: CLOUD_REALM.into(),
            sname,
            enc_part: EncryptedData::seal(&application.key, KeyUsage::TICKET, kvno, &octets, self.rng),
        };
        let detail = KdcDetail::Issued {
            user: Arc::clone(user),
            spn: ticket.sname.to_string(),
            end,
        };
        self.noted(&rules::KDC_ISSUED, Detail::Kdc(detail));
        let told = reply_part(&part, &ticket.sname, body.nonce).encode_tgs_rep();
        let reply = TgsRep {
            pvno: Pvno,
            msg_type: MsgType,
            padata: None,
            crealm: part.crealm,
            cname: part.cname,
            ticket,
            enc_part: EncryptedData::seal(&tgt.reply_key, tgt.reply_usage, None, &told, self.rng),
        };
        Ok(reply.encode())
    }

    /// As long as the settings allow, and no longer than the TGT.
    fn life(
        &self,
        till: KerberosTime,
        tgt_end: KerberosTime,
    ) -> Result<(KerberosTime, KerberosTime), KdcRefusal> {
        let start = self.now.kerberos_time();
        let most = (self.now + self.tenant.settings.service_ticket_lifetime).kerberos_time();
        let most = most.min(tgt_end);
        // zero asks for as long as possible
        let end = if till == KerberosTime::UNIX_EPOCH {
            most
        } else {
            till.min(most)
        };
        if end <= start {
            return Err(KdcRefusal::NeverValid { till: end });
        }
        Ok((start, end))
    }
}

/// A service ticket is forwardable where the TGT is and the client asks for it, and is nothing else.
fn flags(options: KdcOptions, tgt: TicketFlags) -> TicketFlags {
    if options.contains(KdcOptions::FORWARDABLE) {
        tgt & TicketFlags::FORWARDABLE
    } else {
        TicketFlags::empty()
    }
}

/// Who the user is to the application: the on-premises SID where directory sync wrote one, else the SID of the cloud.
fn pac_contents(user: &User, cname: &PrincipalName, authtime: KerberosTime) -> PacBuilder {
    let on_premises = user.on_premises.as_ref();
    let synced = on_premises.and_then(|attributes| attributes.security_identifier);
    let sid = synced.or_else(|| cloud_sid(&user.object_id));
    let logon_time = FileTime(authtime.timestamp().filetime());
    let name = on_premises
        .and_then(|attributes| attributes.sam_account_name.as_deref())
        .unwrap_or(&user.upn);
    // the groups of a domain are known to its controllers only
    let group = GroupMembership {
        rid: DOMAIN_USERS,
        attributes: SE_GROUP_DEFAULT,
    };
    let info = LogonInfo {
        logon_time,
        effective_name: name.into(),
        full_name: user.display_name.as_str().into(),
        user_id: sid.and_then(|sid| sid.rid()).unwrap_or_default(),
        primary_group_id: DOMAIN_USERS,
        groups: if synced.is_some() { vec![group] } else { Vec::new() },
        logon_domain_id: sid.and_then(|sid| sid.domain()),
        user_account_control: NORMAL_ACCOUNT,
        ..LogonInfo::default()
    };
    PacBuilder::new()
        .logon_info(&info)
        .client_info(&ClientInfo {
            client_id: logon_time,
            name: cname.to_string(),
        })
        .upn_dns_info(&UpnDnsInfo {
            upn: user.upn.clone(),
            dns_domain_name: CLOUD_REALM.to_owned(),
            flags: UpnDnsFlags::empty(),
            sam_name_and_sid: sid.map(|sid| (name.to_owned(), sid)),
        })
}

fn reply_part(part: &EncTicketPart, sname: &PrincipalName, nonce: UInt32) -> EncKdcRepPart {
    EncKdcRepPart {
        key: part.key.clone(),
        last_req: vec![LastReqEntry {
            lr_type: 0,
            lr_value: part.valid_from(),
        }],
        nonce,
        key_expiration: None,
        flags: part.flags,
        authtime: part.authtime,
        // some clients fail where it is absent
        starttime: part.starttime,
        endtime: part.endtime,
        renew_till: None,
        srealm: Realm::from(CLOUD_REALM),
        sname: sname.clone(),
        caddr: part.caddr.clone(),
        encrypted_pa_data: None,
    }
}
