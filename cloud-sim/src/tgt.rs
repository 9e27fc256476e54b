//! The two tickets of a PRT reply.

use std::sync::Arc;

use evidence::decision::Rule;
use kerberos::KerberosTime;
use kerberos::codes::NameType;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::pac::{
    AttributesFlags, AttributesInfo, ClientInfo, FileTime, GroupMembership, LogonInfo, PacBuilder, PacKeys,
    SE_GROUP_DEFAULT, SignatureSet,
};
use kerberos::sid::Sid;
use kerberos::wire::{
    AsRep, AuthorizationData, EncKdcRepPart, EncTicketPart, EncryptedData, EncryptionKey, LastReqEntry,
    MsgType, PrincipalName, Pvno, Realm, Ticket, TransitedEncoding, UInt32,
};
use prt::SessionKey;
use prt::jose::{ContentCipher, base64, seal_direct};
use prt::messages::Tgt;

use crate::tenant::{KerberosDomain, OnPremises, PartialTgtPac, User, WithheldTgt};
use crate::{Detail, Exchange, rules};

/// Realm of the cloud TGT.
pub const CLOUD_REALM: &str = "KERBEROS.MICROSOFTONLINE.COM";

/// Encryption type of the cloud TGT's ticket part: what Windows shows as `Unknown (-1)`.
pub(crate) const OPAQUE_ETYPE: i32 = -1;
/// RID of Domain Users.
pub(crate) const DOMAIN_USERS: u32 = 513;
/// `USER_NORMAL_ACCOUNT` of SAMR.
pub(crate) const NORMAL_ACCOUNT: u32 = 0x10;

/// How the client key is written.
#[derive(Clone, Copy)]
pub(crate) enum ClientKeyForm<'a> {
    /// Bare base64, for a reply that is encrypted as a whole.
    Bare,
    /// A JWE under a key derived from the session key.
    Sealed(&'a SessionKey, ContentCipher),
}

/// Client, server and times of a ticket about to be made.
struct TicketPlan {
    client: PrincipalName,
    realm: Realm,
    session_key: Key,
    start: KerberosTime,
    end: KerberosTime,
    renew_till: KerberosTime,
}

impl Exchange<'_> {
    /// `tgt_ad`: the partial TGT, or why there is none.
    pub(crate) fn partial_tgt(&mut self, user: &Arc<User>, key_form: ClientKeyForm<'_>) -> Option<Tgt> {
        match self.partial_tgt_basis(user) {
            Ok((domain, sam_account_name, sid)) => {
                let ticket = self.seal_partial_tgt(&domain, sam_account_name, &sid, key_form);
                self.noted(
                    &rules::PRT_AD_ISSUED,
                    Detail::AdIssued {
                        user: Arc::clone(user),
                        domain,
                    },
                );
                Some(ticket)
            }
            Err((rule, detail)) => {
                self.noted(rule, detail);
                match self.tenant.settings.withheld_tgt {
                    WithheldTgt::ErrorObject => Some(withheld(rule)),
                    WithheldTgt::Omitted => None,
                }
            }
        }
    }

    /// Who gets a partial TGT: a synced user with all three attributes, whose domain's key the tenant holds.
    fn partial_tgt_basis<'u>(
        &self,
        user: &'u Arc<User>,
    ) -> Result<(Arc<KerberosDomain>, &'u str, Sid), (&'static Rule, Detail)> {
        let Some(on_premises) = &user.on_premises else {
            return Err((&rules::PRT_AD_NOT_SYNCED, Detail::NotSynced(Arc::clone(user))));
        };
        let (Some(domain_name), Some(sam_account_name), Some(sid)) = (
            filled(&on_premises.domain_name),
            filled(&on_premises.sam_account_name),
            &on_premises.security_identifier,
        ) else {
            let attributes = missing_attributes(on_premises);
            let detail = Detail::AttributesMissing {
                user: Arc::clone(user),
                attributes,
            };
            return Err((&rules::PRT_AD_ATTRIBUTES, detail));
        };
        let Some(domain) = self.tenant.kerberos_domain(domain_name) else {
            let detail = Detail::NoKerberosDomain {
                user: Arc::clone(user),
                domain: domain_name.to_owned(),
                held: self.tenant.kerberos_domains().cloned().collect(),
            };
            return Err((&rules::PRT_AD_NO_KERBEROS_DOMAIN, detail));
        };
        if user.password_expired {
            let detail = Detail::OnPremisesPasswordExpired(Arc::clone(user));
            return Err((&rules::PRT_AD_PASSWORD_EXPIRED, detail));
        }
        Ok((Arc::clone(domain), sam_account_name, *sid))
    }

    fn seal_partial_tgt(
        &mut self,
        domain: &KerberosDomain,
        sam_account_name: &str,
        sid: &Sid,
        key_form: ClientKeyForm<'_>,
    ) -> Tgt {
        let plan = self.plan(PrincipalName::principal(sam_account_name), &domain.realm);
        let pac = self.partial_tgt_pac(domain, sam_account_name, sid, plan.start);
        let part = self.ticket_part(&plan, pac.map(AuthorizationData::from_pac));
        let sealed = EncryptedData::seal(
            &domain.key,
            KeyUsage::TICKET,
            Some(domain.kvno()),
            &part,
            self.rng,
        );
        self.tgt(plan, sealed, sam_account_name, key_form)
    }

    /// `tgt_cloud`: for Azure resources, opaque to everyone but the tenant's cloud KDC.
    pub(crate) fn cloud_tgt(&mut self, user: &Arc<User>, key_form: ClientKeyForm<'_>) -> Tgt {
        let plan = self.plan(
            PrincipalName::new(NameType::ENTERPRISE, [user.upn.as_str()]),
            CLOUD_REALM,
        );
        let part = self.ticket_part(&plan, None);
        let blob = self
            .tenant
            .cloud_tgt_key
            .encrypt(KeyUsage::TICKET, &part, self.rng);
        let sealed = EncryptedData {
            etype: OPAQUE_ETYPE,
            kvno: None,
            cipher: blob.into(),
        };
        self.noted(&rules::PRT_CLOUD_ISSUED, Detail::CloudIssued(Arc::clone(user)));
        self.tgt(plan, sealed, &user.upn, key_form)
    }

    fn plan(&mut self, client: PrincipalName, realm: &str) -> TicketPlan {
        let settings = &self.tenant.settings;
        TicketPlan {
            client,
            realm: realm.into(),
            session_key: Key::generate(Etype::Aes256CtsHmacSha196, self.rng),
            start: self.now.kerberos_time(),
            end: (self.now + settings.tgt_lifetime).kerberos_time(),
            renew_till: (self.now + settings.tgt_renewable).kerberos_time(),
        }
    }

    /// The user's SID and no groups but the primary one: the DC takes everything else from its directory.
    fn partial_tgt_pac(
        &self,
        domain: &KerberosDomain,
        sam_account_name: &str,
        sid: &Sid,
        logon_time: KerberosTime,
    ) -> Option<Vec<u8>> {
        let variant = self.tenant.settings.partial_tgt_pac;
        if variant == PartialTgtPac::None {
            return None;
        }
        let logon_time = FileTime(logon_time.timestamp().filetime());
        let logon_info = LogonInfo {
            logon_time,
            effective_name: sam_account_name.into(),
            user_id: sid.rid().unwrap_or_default(),
            primary_group_id: DOMAIN_USERS,
            groups: vec![GroupMembership {
                rid: DOMAIN_USERS,
                attributes: SE_GROUP_DEFAULT,
            }],
            logon_domain_name: domain.netbios_name.as_str().into(),
            logon_domain_id: sid.domain(),
            user_account_control: NORMAL_ACCOUNT,
            ..LogonInfo::default()
        };
        let mut builder = PacBuilder::new()
            .logon_info(&logon_info)
            .client_info(&ClientInfo {
                client_id: logon_time,
                name: sam_account_name.to_owned(),
            })
            .attributes_info(&AttributesInfo::new(AttributesFlags::PAC_WAS_REQUESTED));
        if variant != PartialTgtPac::WithoutRequestor {
            builder = builder.requestor(sid);
        }
        let identifier = (variant != PartialTgtPac::WithoutRodcIdentifier).then_some(domain.number);
        Some(builder.sign(&PacKeys::of_tgt(&domain.key, identifier), &SignatureSet::TGT))
    }

    fn ticket_part(&self, plan: &TicketPlan, authorization_data: Option<AuthorizationData>) -> Vec<u8> {
        let part = EncTicketPart {
            flags: self.tenant.settings.tgt_flags,
            key: EncryptionKey::from(&plan.session_key),
            crealm: plan.realm.clone(),
            cname: plan.client.clone(),
            transited: TransitedEncoding {
                r#type: 0,
                contents: Vec::new().into(),
            },
            authtime: plan.start,
            starttime: Some(plan.start),
            endtime: plan.end,
            renew_till: Some(plan.renew_till),
            caddr: None,
            authorization_data,
        };
        part.encode()
    }

    /// The AS-REP around a sealed ticket, and the JSON around that.
    fn tgt(&mut self, plan: TicketPlan, sealed: EncryptedData, cn: &str, key_form: ClientKeyForm<'_>) -> Tgt {
        let client_key = Key::generate(Etype::Aes256CtsHmacSha196, self.rng);
        let server = PrincipalName::krbtgt(plan.realm.clone());
        let reply_part = EncKdcRepPart {
            key: EncryptionKey::from(&plan.session_key),
            last_req: vec![LastReqEntry {
                lr_type: 0,
                lr_value: plan.start,
            }],
            nonce: UInt32(0),
            key_expiration: None,
            flags: self.tenant.settings.tgt_flags,
            authtime: plan.start,
            // some clients fail when it is absent
            starttime: Some(plan.start),
            endtime: plan.end,
            renew_till: Some(plan.renew_till),
            srealm: plan.realm.clone(),
            sname: server.clone(),
            caddr: None,
            encrypted_pa_data: None,
        };
        let reply_part = reply_part.encode_as_rep();
        let message = AsRep {
            pvno: Pvno,
            msg_type: MsgType,
            padata: None,
            crealm: plan.realm.clone(),
            cname: plan.client,
            ticket: Ticket {
                tkt_vno: Pvno,
                realm: plan.realm.clone(),
                sname: server.clone(),
                enc_part: sealed,
            },
            enc_part: EncryptedData::seal(&client_key, KeyUsage::AS_REP, None, &reply_part, self.rng),
        };
        let etype = i64::from(Etype::Aes256CtsHmacSha196.number());
        Tgt {
            client_key: match key_form {
                ClientKeyForm::Bare => base64(client_key.expose()),
                ClientKeyForm::Sealed(session_key, cipher) => {
                    seal_direct(client_key.expose(), session_key, cipher, self.rng)
                }
            },
            key_type: etype,
            error: None,
            message_buffer: base64(message.encode()),
            realm: plan.realm.to_string(),
            sn: server.to_string(),
            cn: cn.to_owned(),
            session_key_type: etype,
            account_type: self.tenant.settings.account_type,
        }
    }
}

fn filled(attribute: &Option<String>) -> Option<&str> {
    attribute.as_deref().filter(|value| !value.is_empty())
}

fn missing_attributes(on_premises: &OnPremises) -> Vec<&'static str> {
    let attributes = [
        ("onPremisesDomainName", filled(&on_premises.domain_name).is_some()),
        (
            "onPremisesSamAccountName",
            filled(&on_premises.sam_account_name).is_some(),
        ),
        (
            "onPremisesSecurityIdentifier",
            on_premises.security_identifier.is_some(),
        ),
    ];
    attributes
        .into_iter()
        .filter(|(_, filled)| !filled)
        .map(|(name, _)| name)
        .collect()
}

/// What clients take for a ticket that was not issued: no key, and an error. The error is the rule's in one word; the
/// reason itself stays here.
fn withheld(rule: &'static Rule) -> Tgt {
    let error = if rule.id == rules::PRT_AD_NO_KERBEROS_DOMAIN.id {
        "KerberosDomainNotFound"
    } else if rule.id == rules::PRT_AD_PASSWORD_EXPIRED.id {
        "OnPremisesPasswordExpired"
    } else {
        "OnPremisesIdentityNotFound"
    };
    Tgt {
        client_key: String::new(),
        key_type: 0,
        error: Some(error.to_owned()),
        message_buffer: String::new(),
        realm: String::new(),
        sn: String::new(),
        cn: String::new(),
        session_key_type: 0,
        account_type: 0,
    }
}
