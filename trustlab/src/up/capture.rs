//! The capture of a running lab: the newest packets, in a file that can be read at any time.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use kerberos::Timestamp;
use scenarios::world::Protocol;

use crate::run::capture::Capture;
use crate::run::export;

/// A file that is written packet by packet. When it holds half of what may be kept, it becomes the older of two.
pub(crate) struct CaptureFile {
    path: PathBuf,
    older: PathBuf,
    octets_max: u64,
    current: Capture<BufWriter<File>>,
    /// Whether packets were dropped so far.
    has_dropped: bool,
}

/// A message between two ends, as it was carried.
pub(crate) struct Packet<'a> {
    /// When it was sent.
    pub(crate) time: Timestamp,
    /// Who sent it.
    pub(crate) source: SocketAddr,
    /// Whom it was for.
    pub(crate) destination: SocketAddr,
    /// What carried it.
    pub(crate) protocol: Protocol,
    /// The octets, without framing.
    pub(crate) octets: &'a [u8],
}

impl CaptureFile {
    /// Begins a capture of which the newest `octets_max` octets are kept.
    ///
    /// # Errors
    /// The file cannot be made; the error names it.
    pub(crate) fn create(path: &Path, octets_max: u64) -> io::Result<Self> {
        let current = begin(path)?;
        // a link stays, and its target is what turns
        let path = fs::canonicalize(path).map_err(|error| named(path, &error))?;
        let mut older = path.as_os_str().to_owned();
        older.push(".older");
        let older = PathBuf::from(older);
        // into a pipe or a device everything is written, and nothing there is renamed
        let turns = path.metadata().is_ok_and(|metadata| metadata.is_file());
        // what another lab left there is not of this one
        match turns.then(|| fs::remove_file(&older)) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
                return Err(named(&older, &error));
            }
            _ => {}
        }
        Ok(Self {
            path,
            older,
            octets_max: if turns { octets_max } else { u64::MAX },
            current,
            has_dropped: false,
        })
    }

    /// Adds a request and its reply, and hands them to the system: they stay when this program is killed.
    ///
    /// # Errors
    /// They cannot be written; the error names the file.
    pub(crate) fn exchange(&mut self, request: &Packet<'_>, reply: Option<&Packet<'_>>) -> io::Result<()> {
        let written = self.add(request, reply);
        let length = written.map_err(|error| named(&self.path, &error))?;
        if length >= self.octets_max / 2 {
            self.turn()?;
        }
        Ok(())
    }

    fn add(&mut self, request: &Packet<'_>, reply: Option<&Packet<'_>>) -> io::Result<u64> {
        for packet in core::iter::once(request).chain(reply) {
            let ends = (packet.source, packet.destination);
            export::add(
                &mut self.current,
                packet.time,
                ends,
                packet.protocol,
                packet.octets,
                None,
            )?;
        }
        self.current
            .end(export::shown(request.source), export::shown(request.destination));
        let file = self.current.flush()?;
        Ok(file.get_ref().metadata()?.len())
    }

    /// Goes on in a new file; the one before becomes the older, in whose place nothing is left.
    fn turn(&mut self) -> io::Result<()> {
        let drops = self.older.exists();
        fs::rename(&self.path, &self.older).map_err(|error| named(&self.older, &error))?;
        self.current = begin(&self.path)?;
        if drops && !self.has_dropped {
            let (file, older) = (self.path.display(), self.older.display());
            let kept = self.octets_max >> 20;
            tracing::warn!(
                "the capture dropped its oldest packets: {older} and {file} hold the newest {kept} MiB"
            );
        }
        self.has_dropped |= drops;
        Ok(())
    }
}

fn begin(path: &Path) -> io::Result<Capture<BufWriter<File>>> {
    let made = File::create(path).and_then(|file| Capture::new(BufWriter::new(file)));
    let begun = made.and_then(|mut capture| {
        capture.flush()?;
        Ok(capture)
    });
    begun.map_err(|error| named(path, &error))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(file: &mut CaptureFile, number: u8) {
        let (client, server): (SocketAddr, SocketAddr) =
            (([127, 0, 0, 1], 50_000).into(), ([127, 77, 0, 10], 88).into());
        let octets = [number; 1_000];
        let packet = |source, destination| Packet {
            time: Timestamp::from_unix_seconds(1),
            source,
            destination,
            protocol: Protocol::Udp,
            octets: &octets,
        };
        let (request, reply) = (packet(client, server), packet(server, client));
        file.exchange(&request, Some(&reply)).expect("it is written");
    }

    #[test]
    fn the_newest_packets_are_kept_and_the_oldest_dropped() {
        const OCTETS_MAX: u64 = 64 * 1024;
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("up.pcapng");
        let older = home.path().join("up.pcapng.older");
        let mut file = CaptureFile::create(&path, OCTETS_MAX).expect("a capture");
        exchange(&mut file, 1);
        assert!(!older.exists());
        for _ in 0..40 {
            exchange(&mut file, 2);
        }
        let octets = |path: &Path| fs::read(path).expect("a file");
        assert!(octets(&older).windows(64).any(|run| run == [2; 64]));
        assert!(
            !octets(&older).windows(64).any(|run| run == [1; 64]),
            "the first is dropped"
        );
        let kept = u64::try_from(octets(&older).len() + octets(&path).len()).expect("a length");
        assert!((OCTETS_MAX / 2..=OCTETS_MAX + 4_096).contains(&kept), "{kept}");
    }

    #[test]
    #[cfg(unix)]
    fn a_link_and_a_pipe_stay_what_they_are() {
        let home = tempfile::tempdir().expect("a directory");
        let in_home = |name: &str| home.path().join(name);
        std::os::unix::fs::symlink(in_home("up.pcapng"), in_home("link")).expect("a link");
        let made = std::process::Command::new("mkfifo").arg(in_home("pipe")).status();
        assert!(made.expect("mkfifo starts").success());
        let pipe = in_home("pipe");
        let reader = std::thread::spawn(move || fs::read(pipe).expect("a pipe").len());
        for name in ["link", "pipe"] {
            let kind = || {
                fs::symlink_metadata(in_home(name))
                    .expect("it is there")
                    .file_type()
            };
            let before = kind();
            let mut file = CaptureFile::create(&in_home(name), 4 * 1024).expect("a capture");
            for number in 0..8 {
                exchange(&mut file, number);
            }
            assert_eq!(kind(), before, "{name}");
        }
        assert!(in_home("up.pcapng.older").exists());
        assert!(!in_home("pipe.older").exists());
        assert!(
            reader.join().expect("it ends") > 16_000,
            "a pipe gets every packet"
        );
    }
}
