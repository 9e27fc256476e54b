//! Completion at the prompt: commands of the machine, what can follow them, and the lab's names.

use scenarios::cmdlets::plain;
use scenarios::world::{Role, World};
use serde::{Deserialize, Serialize};

use super::command::{self, Entry};
use super::line;
use super::sitting::{Machine, machines};

/// What can be named in a lab.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Names {
    /// `\\fs01\projects`
    shares: Vec<String>,
    pages: Vec<String>,
    /// `cifs/fs01.ad.fernhill.example`
    spns: Vec<String>,
    /// `ada@fernhill.example`
    users: Vec<String>,
    /// `office`
    places: Vec<String>,
    /// `ADA-LT`
    hosts: Vec<String>,
    /// `ad.fernhill.example`
    domains: Vec<String>,
}

impl Names {
    /// The names of a lab.
    pub(crate) fn of(world: &World) -> Self {
        let lab = world.lab().lab();
        let shares = lab.servers.values().flat_map(|server| {
            let host = server.host.to_lowercase();
            server
                .shares
                .keys()
                .map(move |share| format!("\\\\{host}\\{share}"))
        });
        let web = lab.servers.values().filter(|server| server.serves_web());
        let pages = web.flat_map(|server| {
            let host = server.host.to_lowercase();
            server
                .shares
                .keys()
                .map(move |share| format!("http://{host}/{share}"))
        });
        let spns = world.domains().iter().flat_map(|domain| {
            domain
                .accounts()
                .flat_map(|account| account.spns.iter().map(|spn| spn.to_string()))
        });
        let mut names = Self {
            shares: shares.collect(),
            pages: pages.collect(),
            spns: spns.collect(),
            users: lab.users.values().map(|user| user.upn.clone()).collect(),
            places: lab.locations.keys().cloned().collect(),
            hosts: machines(world).map(|(_, name)| name.to_owned()).collect(),
            domains: lab
                .domains
                .values()
                .map(|domain| domain.dns_name.clone())
                .collect(),
        };
        let dcs = world
            .topology()
            .hosts()
            .filter(|(_, host)| matches!(host.role, Role::DomainController(_)));
        names.hosts.extend(dcs.map(|(_, host)| host.dns_name.to_string()));
        for list in [
            &mut names.shares,
            &mut names.pages,
            &mut names.spns,
            &mut names.hosts,
        ] {
            list.truncate(MOST);
        }
        names.users.truncate(MOST);
        names
    }

    /// What a word of a form stands for; itself when it stands for nothing else.
    fn meant<'n>(&'n self, word: &'n str, machine: Machine) -> Vec<&'n str> {
        let list = match word {
            "<share>" => &self.shares,
            "<page>" => &self.pages,
            "<spn>" => &self.spns,
            "<user>" => &self.users,
            "<place>" => &self.places,
            "<host>" => &self.hosts,
            "<domain>" => &self.domains,
            "<command>" => return command::entries(machine).map(|entry| entry.name).collect(),
            _ if word.starts_with('<') => return Vec::new(),
            _ => return vec![word],
        };
        list.iter().map(String::as_str).collect()
    }
}

/// Nobody reads through more names of one kind.
const MOST: usize = 1_000;

/// Where the word to complete begins in `begun`, in octets, and what it could become.
pub(crate) fn complete(begun: &str, machine: Machine, names: &Names) -> (usize, Vec<String>) {
    let start = line::last_word(begun);
    let (before, typed) = begun.split_at_checked(start).unwrap_or((begun, ""));
    let words = line::split(before).unwrap_or_default();
    // a quote that is still open belongs to what is being typed
    let typed = typed
        .trim_start_matches(|c| matches!(plain(c), '"' | '\''))
        .to_lowercase();
    let mut found: Vec<String> = Vec::new();
    let mut offer = |candidate: &str| {
        if candidate.to_lowercase().starts_with(&typed) {
            let candidate = line::quoted(candidate);
            if !found.contains(&candidate) {
                found.push(candidate);
            }
        }
    };
    match words.split_first() {
        None => {
            command::entries(machine).for_each(|entry| offer(entry.name));
            offer("exit");
        }
        Some((name, words)) => {
            let entry = entry(machine, name);
            for form in entry.into_iter().flat_map(Entry::all_forms) {
                if let Some(next) = next_word(form, words, machine, names) {
                    names.meant(next, machine).into_iter().for_each(&mut offer);
                }
            }
        }
    }
    (start, found)
}

fn entry(machine: Machine, name: &str) -> Option<&'static Entry> {
    command::entries(machine).find(|entry| entry.name.eq_ignore_ascii_case(name))
}

/// The word of a form that comes after `words`, if they fit the form so far.
fn next_word<'f>(form: &'f str, words: &[String], machine: Machine, names: &Names) -> Option<&'f str> {
    let mut form = form.split(' ');
    for word in words {
        let expected = form.next()?;
        let fits = match names.meant(expected, machine).as_slice() {
            [only] if *only == expected => word.eq_ignore_ascii_case(expected),
            // a name need not be one that the lab has: trying another is the point of some lines
            _ => true,
        };
        if !fits {
            return None;
        }
    }
    form.next()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use evidence::{Artefact, Place};
    use scenarios::lab::{CompiledLab, Lab};

    use super::*;

    fn names() -> Names {
        let lab = CompiledLab::compile(Lab::fernhill()).expect("the built-in lab");
        Names::of(&World::new(Arc::new(lab), 1))
    }

    #[track_caller]
    fn completed(begun: &str) -> Vec<String> {
        let (start, found) = complete(begun, Machine::Client, &names());
        let kept = begun.get(..start).expect("a character boundary");
        found.into_iter().map(|word| format!("{kept}{word}")).collect()
    }

    #[test]
    fn a_command_and_what_follows_it_are_completed() {
        assert!(completed("kl").contains(&"klist".to_owned()));
        assert_eq!(completed("klist cl"), ["klist cloud_debug"]);
        assert_eq!(completed("KLIST  CL"), ["KLIST  cloud_debug"]);
        assert!(completed("sign-in ").contains(&"sign-in hello".to_owned()));
        assert!(completed("nonsense ").is_empty());
        assert!(completed("ex").contains(&"exit".to_owned()));
    }

    #[test]
    fn what_shows_an_artefact_is_a_command_where_it_can_be_seen_and_is_completed() {
        for artefact in Artefact::ALL {
            let about = artefact.about();
            let Some(typed) = about.typed else { continue };
            let machines: &[Machine] = match about.on {
                Place::Machine => &[Machine::Client, Machine::Server, Machine::Dc],
                _ => &[Machine::Client],
            };
            let (name, rest) = typed.split_once(' ').unwrap_or((typed, ""));
            for machine in machines {
                assert!(
                    entry(*machine, name).is_some(),
                    "{artefact}: {name} at {machine:?}"
                );
            }
            if let Some(first) = rest
                .split(' ')
                .next()
                .filter(|first| !first.is_empty() && !first.starts_with('<'))
            {
                let line = line::quoted(first);
                assert!(
                    completed(&format!("{name} ")).contains(&format!("{name} {line}")),
                    "{typed}"
                );
            }
        }
    }

    #[test]
    fn names_of_the_lab_are_completed() {
        assert_eq!(completed(r"open \\fs01\pr"), [r"open \\fs01\projects"]);
        assert_eq!(completed(r#"open "\\fs01\pr"#), [r"open \\fs01\projects"]);
        assert!(completed("klist get ci").contains(&"klist get cifs/fs01.ad.fernhill.example".to_owned()));
        assert_eq!(completed("move ho"), ["move home"]);
        assert!(completed("help lo").contains(&"help lock".to_owned()));
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(line in "(?s).{0,40}") {
            let (start, _) = complete(&line, Machine::Client, &Names::default());
            proptest::prop_assert!(line.is_char_boundary(start));
        }
    }
}
