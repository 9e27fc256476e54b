//! Times on the wire: GeneralizedTime in whole seconds of UTC.

use rasn::de::Error as _;
use rasn::types::{Constraints, Identifier, Tag};
use rasn::{AsnType, Decode, Decoder, Encode, Encoder};

use crate::KerberosTime;
use crate::time::TimeError;

impl AsnType for KerberosTime {
    const TAG: Tag = Tag::GENERALIZED_TIME;
}

impl Decode for KerberosTime {
    fn decode_with_tag_and_constraints<D: Decoder>(
        decoder: &mut D,
        tag: Tag,
        _: &Constraints,
    ) -> Result<Self, D::Error> {
        let codec = decoder.codec();
        let parsed: Parsed = decoder.decode_octet_string(tag, &Constraints::NONE)?;
        parsed.0.map_err(|why| D::Error::custom(why, codec))
    }
}

impl Encode for KerberosTime {
    fn encode_with_tag_and_constraints<'b, E: Encoder<'b>>(
        &self,
        encoder: &mut E,
        tag: Tag,
        _: &Constraints,
        identifier: Identifier,
    ) -> Result<(), E::Error> {
        encoder.encode_octet_string(tag, &Constraints::NONE, &self.to_generalized(), identifier)?;
        Ok(())
    }
}

/// The codec hands octets over by these conversions, so that nothing is allocated for a time.
struct Parsed(Result<KerberosTime, TimeError>);

impl From<&[u8]> for Parsed {
    fn from(text: &[u8]) -> Self {
        Self(KerberosTime::from_generalized(text))
    }
}

impl From<Vec<u8>> for Parsed {
    fn from(text: Vec<u8>) -> Self {
        Self::from(text.as_slice())
    }
}
