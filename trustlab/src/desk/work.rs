//! What a person does at a Windows client: sign in, lock, open something.

use client_sim::OtherAccount;
use client_sim::access::Wanted;

use super::Printed;
use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::seat::{Seat, failed};

/// The work of a morning.
pub(crate) const GROUP: Group = Group {
    title: "Work",
    entries: &[
        Entry {
            name: "sign-in",
            on: Machines::CLIENTS,
            usage: "sign-in [hello | password | fido]",
            about: "sign in as this user; the first Hello sign-in sets Hello up",
            forms: &["hello", "password", "fido"],
            parse: sign_in,
        },
        Entry {
            name: "sign-out",
            on: Machines::CLIENTS,
            usage: "sign-out",
            about: "end this user's session; its tickets go",
            forms: &[],
            parse: sign_out,
        },
        Entry {
            name: "lock",
            on: Machines::CLIENTS,
            usage: "lock",
            about: "lock the screen",
            forms: &[],
            parse: lock,
        },
        Entry {
            name: "unlock",
            on: Machines::CLIENTS,
            usage: "unlock",
            about: "unlock it, which refreshes the PRT when it is due",
            forms: &[],
            parse: unlock,
        },
        Entry {
            name: "open",
            on: Machines::CLIENTS,
            usage: "open \\\\server\\share [as ACCOUNT] | http://server/path",
            about: "open a share or a page, with a ticket if there can be one; `as`: type another name and the password",
            forms: &["<share>", "<page>"],
            parse: open,
        },
        Entry {
            name: "print",
            on: Machines::CLIENTS,
            usage: r"print \\server\queue",
            about: "send a job to a printer's queue",
            forms: &["<share>"],
            parse: print,
        },
    ],
};

#[derive(Clone, Copy)]
enum Credential {
    Hello,
    Password,
    Fido,
}

fn sign_in(words: &[String]) -> Result<Task, ParseError> {
    let with = match words {
        [_] => None,
        [_, with] if with.eq_ignore_ascii_case("hello") => Some(Credential::Hello),
        [_, with] if with.eq_ignore_ascii_case("password") => Some(Credential::Password),
        [_, with] if with.eq_ignore_ascii_case("fido") => Some(Credential::Fido),
        _ => return usage("sign-in", "takes hello, password or fido"),
    };
    Ok(Task::device(move |seat| {
        Box::pin(async move {
            let person = seat.person;
            // a device that is registered has local accounts alone, and those have passwords
            let with = match with {
                None if seat.device.config.join.is_registered() => Credential::Password,
                with => with.unwrap_or(Credential::Hello),
            };
            let result = match with {
                Credential::Hello => seat.flow().sign_in_with_hello(&person.upn).await,
                Credential::Fido => seat.flow().sign_in_with_security_key(&person.upn).await,
                Credential::Password => {
                    seat.flow()
                        .sign_in_with_password(&person.upn, &person.password)
                        .await
                }
            };
            match result {
                Ok(_) => Printed::noted(format!("{} is signed in\n", person.upn)),
                Err(error) => failed(&error),
            }
        })
    }))
}

fn sign_out(words: &[String]) -> Result<Task, ParseError> {
    alone(words, "sign-out")?;
    Ok(Task::view(|seat| match seat.session() {
        Ok(session) => {
            seat.device.sign_out(session);
            Printed::default()
        }
        Err(printed) => printed,
    }))
}

fn lock(words: &[String]) -> Result<Task, ParseError> {
    alone(words, "lock")?;
    Ok(Task::view(|seat| match seat.session() {
        Ok(session) => done(seat.flow().lock(session)),
        Err(printed) => printed,
    }))
}

fn unlock(words: &[String]) -> Result<Task, ParseError> {
    alone(words, "unlock")?;
    Ok(Task::device(|seat| {
        Box::pin(async {
            match seat.session() {
                Ok(session) => done(seat.flow().unlock(session).await),
                Err(printed) => printed,
            }
        })
    }))
}

fn open(words: &[String]) -> Result<Task, ParseError> {
    const TAKES_AS: &str =
        r"takes a share and an account behind `as`: ad.fernhill.example\ada, or ada@ad.fernhill.example";
    const TAKES: &str = r"takes a share or a page: \\fs01\projects, http://app01/timesheets";
    let (path, account) = match words {
        [_, path] => (path, None),
        [_, path, word, account] if word.eq_ignore_ascii_case("as") => (path, Some(account)),
        _ => return usage("open", TAKES),
    };
    if let Some(account) = account {
        let account = OtherAccount::parse(account);
        return match Share::parse(path).zip(account) {
            Some((share, account)) => Ok(Task::device(move |seat| {
                Box::pin(open_share_as(seat, share, account))
            })),
            None => usage("open", TAKES_AS),
        };
    }
    if let Some(url) = page(path) {
        return Ok(Task::device(move |seat| Box::pin(open_page(seat, url))));
    }
    match Share::parse(path) {
        Some(share) => Ok(Task::device(move |seat| {
            Box::pin(open_share(seat, share, Wanted::Read))
        })),
        None => usage("open", TAKES),
    }
}

fn print(words: &[String]) -> Result<Task, ParseError> {
    match words {
        [_, path] => match Share::parse(path) {
            Some(queue) => Ok(Task::device(move |seat| {
                Box::pin(open_share(seat, queue, Wanted::Write))
            })),
            None => usage("print", r"takes a queue: \\prn01\front-desk"),
        },
        _ => usage("print", r"takes a queue: \\prn01\front-desk"),
    }
}

fn page(text: &str) -> Option<http::Uri> {
    let uri: http::Uri = text.parse().ok()?;
    let known = ["http", "https"].contains(&uri.scheme_str()?);
    // a port that is none is read as no port
    let authority = uri.authority()?;
    let port = authority.as_str().rsplit_once(':').is_none() || uri.port_u16().is_some();
    (known && port && uri.host().is_some()).then_some(uri)
}

async fn open_page(seat: &mut Seat<'_>, url: http::Uri) -> Printed {
    let session = match seat.session() {
        Ok(session) => session,
        Err(printed) => return printed,
    };
    let host = match seat.full_name(url.host().unwrap_or_default()) {
        Ok(host) => host,
        Err(printed) => return printed,
    };
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let port = url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let scheme = url.scheme_str().unwrap_or("http");
    let Ok(url) = format!("{scheme}://{host}{port}{path}").parse() else {
        return Printed::failed("that is no address of a page\n");
    };
    match seat.flow().open_page(session, &url).await {
        Ok(page) => Printed {
            stdout: String::from_utf8_lossy(&page.body).into_owned(),
            ..Printed::noted(format!("{url} is open\n"))
        },
        Err(error) => failed(&error),
    }
}

/// The lab's person types their own password.
async fn open_share_as(seat: &mut Seat<'_>, share: Share, account: OtherAccount) -> Printed {
    let (session, host) = match (seat.session(), seat.full_name(&share.server)) {
        (Ok(session), Ok(host)) => (session, host),
        (Err(printed), _) | (_, Err(printed)) => return printed,
    };
    let password = seat.person.password.clone();
    let opened = seat
        .flow()
        .open_share_as(session, (&host, &share.share), Wanted::Read, account, &password)
        .await;
    match opened {
        Ok(_) => Printed::noted(format!("\\\\{host}\\{} is open\n", share.share)),
        Err(error) => failed(&error),
    }
}

async fn open_share(seat: &mut Seat<'_>, share: Share, wanted: Wanted) -> Printed {
    let session = match seat.session() {
        Ok(session) => session,
        Err(printed) => return printed,
    };
    let host = match seat.full_name(&share.server) {
        Ok(host) => host,
        Err(printed) => return printed,
    };
    match seat.flow().open_share(session, &host, &share.share, wanted).await {
        Ok(_) if wanted == Wanted::Write => {
            Printed::noted(format!("\\\\{host}\\{} took the job\n", share.share))
        }
        Ok(_) => Printed::noted(format!("\\\\{host}\\{} is open\n", share.share)),
        Err(error) => failed(&error),
    }
}

fn done(result: Result<(), client_sim::FlowError>) -> Printed {
    match result {
        Ok(()) => Printed::default(),
        Err(error) => failed(&error),
    }
}

fn alone(words: &[String], command: &'static str) -> Result<(), ParseError> {
    match words {
        [_] => Ok(()),
        _ => usage(command, "takes nothing more"),
    }
}

/// A share, as `\\server\share` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Share {
    server: String,
    share: String,
}

impl Share {
    /// `\\server\share`, with slashes of either kind and anything below the share ignored.
    fn parse(path: &str) -> Option<Self> {
        let path = path.replace('/', "\\");
        let (server, rest) = path.strip_prefix("\\\\")?.split_once('\\')?;
        let share = rest.split('\\').next().unwrap_or_default();
        let whole = !server.is_empty() && !share.is_empty();
        whole.then(|| Self {
            server: server.to_owned(),
            share: share.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_named_with_either_slash() {
        let share = |path| Share::parse(path).map(|share| (share.server, share.share));
        let wanted = Some(("FS01".to_owned(), "Projects".to_owned()));
        assert_eq!(share(r"\\FS01\Projects\plans\a.txt"), wanted);
        assert_eq!(share("//FS01/Projects"), wanted);
        assert_eq!(share(r"\\FS01\"), None);
        assert_eq!(share("fs01"), None);
    }
}
