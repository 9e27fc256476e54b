//! Labs of the library at the command line: each is in order, and can be shown as text and as a picture.

#[path = "support/program.rs"]
mod program;

use program::{stderr, stdout, trustlab};
use scenarios::library;

/// A lab, and what must be read of it.
const SHOWN: &[(&str, &[&str])] = &[
    ("fernhill", &["TENANT fernhill", "krbtgt_21463 (0x53D7)"]),
    (
        "parent-and-children",
        &["child of fernhill", "no Kerberos server object"],
    ),
    ("two-forests", &["forest trust with ad.oakmere.example, two-way"]),
    ("two-tenants", &["TENANT labs", "holds     nothing"]),
    ("bought-company", &["TENANT fernhill-old"]),
    ("branch", &["read-only", "krbtgt_40001; holds the secrets of bea"]),
    ("old-dcs", &["Windows Server 2012r2", "updates 2021-10"]),
    ("hybrid-only", &["hybrid joined, paul's"]),
    ("no-vpn", &["reaches Entra alone"]),
    (
        "kdc-proxy",
        &[
            "KDC proxy gate.fernhill.example",
            "AD.FERNHILL.EXAMPLE through https://gate.fernhill.example/KdcProxy",
        ],
    ),
    (
        "cloud-files",
        &[
            "files.file.core.windows.example  cifs; shares archive",
            "; cloud tickets",
        ],
    ),
    (
        "delegation",
        &[
            "delegates to HTTP/app01.ad.fernhill.example, from any protocol",
            "lets rep01 act for",
        ],
    ),
];

#[test]
fn every_lab_is_shown_as_text_and_as_a_picture() {
    let dir = tempfile::tempdir().expect("a directory");
    for lab in library::labs() {
        let (_, wanted) = SHOWN
            .iter()
            .find(|(name, _)| *name == lab.name)
            .unwrap_or_else(|| panic!("what does {} show?", lab.name));
        let checked = trustlab(&["lab", "check", lab.name]);
        assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
        let text = stdout(&trustlab(&["lab", "show", lab.name]));
        for part in *wanted {
            assert!(text.contains(part), "no {part} in\n{text}");
        }
        let file = dir.path().join(format!("{}.svg", lab.name));
        let drawn = trustlab(&["lab", "show", lab.name, "--svg", file.to_str().expect("UTF-8")]);
        assert_eq!(drawn.status.code(), Some(0), "{}", stderr(&drawn));
        let picture = std::fs::read_to_string(&file).expect("the picture");
        assert!(
            picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"),
            "{picture}"
        );
    }
}
