//! What an engineer can see of a cloud Kerberos trust sign-in, as types with a renderer, a reader and facts
