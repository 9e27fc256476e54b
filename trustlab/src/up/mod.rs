//! `trustlab up`: the lab on sockets, until Ctrl-C.

mod announce;
mod capture;
mod describe;
mod desk;
mod dir;
mod ending;
pub(crate) mod estate;
pub(crate) mod files;
pub(crate) mod filing;
mod internet;
mod keys;
pub(crate) mod live;
mod on_prem;
mod published;
mod resources;
mod watch;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use client_sim::config::CloudAddresses;
use scenarios::lab::{CompiledLab, Lab, Profile};

use crate::cli::{DcProfile, UpArgs};
use crate::desk::last;
use crate::exit;
use crate::folder::{self, FolderError};
use crate::layout::Width;
use crate::output::stdout;
use crate::sockets::network::system_now;
use crate::sockets::tls::LabTls;
use describe::Described;
use dir::{DirError, LabDir};
use ending::Ending;
use estate::Estate;
use keys::KeyFiles;
use on_prem::{OnPrem, OnPremError};

/// Runs the lab. Returns the exit code.
pub(crate) fn run(args: &UpArgs) -> u8 {
    match lab(args).and_then(|(lab, on_prem)| in_directory(args, lab, on_prem)) {
        Ok(()) => exit::OK,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {failure}");
            failure.code()
        }
    }
}

/// Why the lab does not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The lab file, or an option, is at fault.
    #[error("{0}")]
    Input(String),
    /// What was said of a domain of the user's own is.
    #[error(transparent)]
    OnPrem(#[from] OnPremError),
    /// The lab cannot have its directory.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The machine is.
    #[error("{0}")]
    Environment(#[from] io::Error),
}

impl Failure {
    const fn code(&self) -> u8 {
        match self {
            Self::Input(_) | Self::OnPrem(_) => exit::BAD_INPUT,
            Self::Dir(_) | Self::Environment(_) => exit::ENVIRONMENT,
        }
    }
}

/// The lab that is asked for.
fn lab(args: &UpArgs) -> Result<(Lab, Option<OnPrem>), Failure> {
    let on_prem = OnPrem::of(args)?;
    let mut lab = match &on_prem {
        Some(on_prem) => on_prem.lab()?,
        None => read_lab(args.lab.as_deref())?,
    };
    for dc in lab.dcs.values_mut() {
        match args.profile {
            Some(DcProfile::Windows) => dc.profile = Profile::Windows,
            Some(DcProfile::Samba) => dc.profile = Profile::Samba,
            None => {}
        }
        if let Some(updates) = &args.updates {
            updates
                .parse::<kdc_sim::UpdateLevel>()
                .map_err(|error| Failure::Input(format!("--updates: {error}")))?;
            dc.updates.clone_from(updates);
        }
    }
    Ok((lab, on_prem))
}

fn lab_name(lab: Option<&Path>) -> String {
    lab.map_or_else(|| "fernhill".to_owned(), |lab| lab.to_string_lossy().into_owned())
}

/// A lab of the library by name, or a file.
fn read_lab(lab: Option<&Path>) -> Result<Lab, Failure> {
    crate::lab::read(&lab_name(lab)).map_err(|problem| Failure::Input(problem.to_string()))
}

/// Serves the lab from a directory that is its own until it ends.
fn in_directory(args: &UpArgs, lab: Lab, on_prem: Option<OnPrem>) -> Result<(), Failure> {
    let dir = match &args.dir {
        Some(dir) => LabDir::claim(dir),
        None => default_dir()
            .map_err(DirError::from)
            .and_then(|dir| LabDir::claim(&dir)),
    }?;
    let dir = Arc::new(dir);
    let served = serve(args, &dir, lab, on_prem);
    dir.end();
    served
}

fn default_dir() -> Result<PathBuf, FolderError> {
    Ok(folder::of_session()?.join(format!("up-{}", std::process::id())))
}

fn serve(args: &UpArgs, dir: &Arc<LabDir>, mut lab: Lab, on_prem: Option<OnPrem>) -> Result<(), Failure> {
    lab.seed = dir.secret();
    lab.clock = system_now();
    let compiled = CompiledLab::compile(lab).map_err(|error| Failure::Input(error.to_string()))?;
    match &on_prem {
        Some(on_prem) if args.json => {
            let _ = io::stderr().write_all(on_prem.plan().as_bytes());
        }
        Some(on_prem) => stdout::print(&on_prem.plan()),
        None => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // before anything is left behind
        let ending = Ending::new(args.for_seconds)?;
        let names = CloudAddresses::default();
        let tls = match args.kdc_only {
            true => None,
            false => Some(
                LabTls::for_names(&estate::certificate_names(compiled.lab(), &names))
                    .map_err(|error| io::Error::other(error.to_string()))?,
            ),
        };
        let compiled = Arc::new(compiled);
        let estate = Estate::start(compiled, on_prem, args, tls.as_ref(), names).await?;
        let estate = Arc::new(estate);
        let world = estate.live.world().clone();
        let keys = KeyFiles::new(Arc::clone(dir), args.keytab.clone(), &world);
        keys.write_keytab(&world)?;
        #[cfg(unix)]
        desk::serve(
            dir.path(),
            Arc::clone(&estate),
            keys,
            tls.as_ref().map(|tls| Arc::clone(&tls.client)),
            lab_name(args.lab.as_deref()),
        )?;
        dir.write_all(&estate, tls.as_ref().map(|tls| tls.ca_pem.as_str()), system_now())?;
        remember(dir.path());
        if args.json {
            let line = serde_json::to_string(&Described::of(&estate, dir.path(), world.domains()))
                .map_err(io::Error::other)?;
            stdout::print(&format!("{line}\n"));
        } else {
            stdout::print(&announce::text(&estate, dir.path(), Width::of_stdout()));
        }
        // who waits for a line that was lost waits in vain
        if !stdout::has_failed() {
            ending.wait().await;
        }
        Ok(())
    })
}

/// `trustlab at` without `--lab` goes to the lab that was started last.
fn remember(dir: &Path) {
    if let Err(error) = last::remember(dir) {
        tracing::warn!(%error, "the lab's directory is not remembered; trustlab at needs --lab");
    }
}
