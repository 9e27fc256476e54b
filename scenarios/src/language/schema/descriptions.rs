//! What keys and steps do, in words.

/// Values of verbs whose readers ask for other keys when they find this one.
pub(super) const BRANCHES: &[(&str, &str)] = &[
    ("unlock", "{ with = \"hello\" }"),
    ("update-windows", "{ edition = \"pro\" }"),
];

/// Keys of a scenario and of its tables.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("format", "the kind of file and its version"),
    ("name", "by which it is run"),
    ("title", "one line about it"),
    ("story", "who does what, and when: told before the run"),
    ("why", "why it ends as it does: told by explain"),
    (
        "lab",
        "a built-in lab on which it plays; fernhill when it is left out",
    ),
    ("patch", "changes of the lab, by path"),
    ("fault", "faults that act, with their parameters"),
    ("step", "what is done, one thing a step"),
    ("fix", "steps that mend it"),
    ("retry", "steps that are tried again after the fix"),
    ("expect", "what must be seen"),
    ("does-not-help", "what people try in vain"),
    (
        "path",
        "what is changed: keys joined by dots, such as user.ada.groups",
    ),
    ("set", "the new value"),
    (
        "add",
        "a new entry of a section, or one more item, or items, of an array",
    ),
    (
        "remove",
        "true for the whole entry, or the item to take out of an array",
    ),
    ("after", "the step after which it is looked for, `end` or `fix`"),
    ("on", "the host at which it is looked for"),
];

/// Each verb, and what it does.
pub(super) const STEPS: &[(&str, &str)] = &[
    (
        "sign-in",
        "somebody signs in to a device, with Hello, a password or a security key (`with`), there or by Remote Desktop (`remote`); whose session waits in the background gets it back",
    ),
    ("sign-out", "whoever signed in last signs out"),
    ("lock", "the screen is locked"),
    ("unlock", "it is unlocked"),
    (
        "set-up-hello",
        "whoever is signed in sets up Windows Hello for Business, where its prerequisites are met",
    ),
    ("join", "a device that is registered is joined to the tenant"),
    (
        "delete-hello",
        "the Hello container of whoever is signed in is deleted",
    ),
    ("assign-policy", "a profile of the lab is assigned"),
    (
        "edit-policy",
        "a profile sets these settings from now on, and no others",
    ),
    ("unassign-policy", "a profile is assigned to nobody any more"),
    ("check-in", "a device asks Intune for its profiles"),
    ("gpupdate", "a device asks its domain for group policies"),
    (
        "connect",
        "a tunnel to another place comes up, at once or `after` a time",
    ),
    (
        "purge-bind",
        "`klist purge_bind`: a device forgets which DCs it has found",
    ),
    (
        "add-bind",
        "`klist add_bind DOMAIN KDC`: requests of a domain go to this KDC",
    ),
    (
        "locate-dc",
        "`nltest /dsgetdc`: the device looks for a DC of a domain, with what it has to be able to do",
    ),
    (
        "set-proxy",
        "the system's WinHTTP proxy; without `servers`, direct access",
    ),
    (
        "update-windows",
        "a device gets another version (`to`) or edition of Windows",
    ),
    ("refresh-prt", "`dsregcmd /refreshprt`"),
    ("purge-tickets", "`klist purge`"),
    ("get-ticket", "`klist get SPN`"),
    (
        "open",
        "a share, or a page of a server, is opened; `as` another account whose password is typed",
    ),
    ("print", "a printer's queue is opened"),
    ("move", "a device is carried to another place"),
    ("wait", "time passes, with all that devices do in it"),
    ("wait-until", "time passes up to this moment"),
    (
        "set-delegation",
        "to which services a server may delegate, and from which protocols",
    ),
    ("set-app-proxy", "settings of an application that Entra publishes"),
    ("set-clock", "the clock of a host is set so far from true time"),
    ("admin", "lines are typed at a console of a server or DC"),
    ("cloud-role", "a user gets, or loses, a role of the tenant"),
    (
        "publish",
        "the Kerberos server object is made where it is missing, and its key is given to a tenant",
    ),
    (
        "rotate-key",
        "the key of the Kerberos server object is rotated, on both sides or one",
    ),
    (
        "remove-kerberos-server",
        "the Kerberos server object is removed, on both sides or one",
    ),
    ("replicate", "every DC of a domain gets what the others have"),
    ("sync", "directory sync carries one user over"),
    ("sync-cycle", "a whole cycle of a tenant's directory sync runs"),
    (
        "recreate-account",
        "an account of AD is deleted and made again under its names, with a new SID",
    ),
    ("rename-account", "an account of AD gets another sAMAccountName"),
    (
        "move-to-ou",
        "an account of AD is moved to another organisational unit",
    ),
    (
        "set-cloud-app",
        "consent, assignment or multifactor authentication of an application in Azure",
    ),
    (
        "setup-cloud-trust",
        "`Set-AzureADKerberosServer -SetupCloudTrust`: a domain trusts Entra's realm",
    ),
    ("remove-cloud-trust", "a domain trusts Entra's realm no longer"),
    (
        "filter-attributes",
        "which attributes directory sync carries over",
    ),
    ("verify-domain", "a tenant gets a verified domain"),
    (
        "remove-tenant",
        "a tenant is given up: nothing of it answers any more",
    ),
    (
        "unsync",
        "the on-premises attributes of a user in Entra are emptied",
    ),
    ("add-to-group", "a user becomes a member of a group"),
    ("remove-from-group", "a user leaves a group"),
    (
        "replication-policy",
        "somebody goes onto, or leaves, the allow or deny list of the Kerberos server object",
    ),
    ("enable-account", "an account of AD is enabled"),
    ("disable-account", "an account of AD is disabled"),
    (
        "set-account",
        "one thing about an account of AD changes: locks, ends, hours, workstations",
    ),
    ("power", "a host is switched on or off"),
    (
        "set-policy",
        "a device's own setting of cloud trust or of cloud tickets is switched",
    ),
    (
        "add-rule",
        "the network gets a rule: what it passes, delays, drops or redirects",
    ),
    ("remove-rule", "a rule of the network goes"),
];
