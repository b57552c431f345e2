//! What every page must be, whoever it is for: asked of an open window.

use super::{Look, Window, foreign};

/// The source of axe-core, which AXE names; `None` where it is not installed.
pub fn axe() -> Option<String> {
    let axe = std::env::var("AXE").ok().map(|path| std::fs::read_to_string(path).expect("AXE is axe.min.js"));
    foreign(axe, "AXE is not set to axe-core's axe.min.js: accessibility was not checked")
}

impl Window {
    /// Asserts that the security policy refused nothing, that nothing is wider than the narrowest phone, and that axe finds
    /// nothing serious. Pictures are called `name`.
    pub fn sound(&self, name: &str) {
        assert_eq!(self.complaints(), [""; 0], "{name}");
        for look in [Look::PHONE, Look::NARROW, Look::DESK] {
            self.look(look);
            let wide = self.wide(look.width);
            assert!(wide.is_empty(), "{name} at {}: {wide:#?}", look.width);
        }
        if let Some(axe) = axe() {
            let found = self.barriers(&axe);
            assert!(found.is_empty(), "{name}: {found:#?}");
        }
        let looks =
            [(Look::PHONE, "phone"), (Look::NARROW, "narrow"), (Look::DESK.dark(), "dark"), (Look::DESK, "desk")];
        for (look, of) in looks {
            self.look(look);
            self.picture(&format!("{name}-{of}"));
        }
    }

    /// What axe finds serious on the page, at a desk, in the dark and on a phone; lesser findings are printed.
    pub fn barriers(&self, axe: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.eval(&format!("{axe}; 0"));
        for look in [Look::DESK, Look::DESK.dark(), Look::PHONE] {
            self.look(look);
            let results = self.eval("axe.run(document, { resultTypes: ['violations'] })");
            assert!(results["passes"].as_array().is_some_and(|passes| passes.len() > 5), "axe looked at nothing");
            for violation in results["violations"].as_array().expect("a list") {
                if !["serious", "critical"].contains(&violation["impact"].as_str().unwrap_or("critical")) {
                    println!("{}: {} {}", self.address(), violation["id"], violation["impact"]);
                    continue;
                }
                let nodes = violation["nodes"].as_array().expect("a list").iter();
                let targets: Vec<_> = nodes.map(|node| node["target"].to_string()).collect();
                let (id, help) = (&violation["id"], &violation["help"]);
                found.push(format!("{} {look:?}: {id} ({help}) at {}", self.address(), targets.join(", ")));
            }
        }
        found
    }
}
