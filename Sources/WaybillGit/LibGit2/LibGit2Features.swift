import CLibgit2

/// What the installed libgit2 can do; for `doctor` and for messages.
package struct LibGit2Features: Hashable, Sendable {
    /// Of the library that runs, not of its headers.
    package var version: String
    package var https: Bool
    package var ssh: Bool
    package var threads: Bool

    package init(version: String, https: Bool, ssh: Bool, threads: Bool) {
        self.version = version
        self.https = https
        self.ssh = ssh
        self.threads = threads
    }

    /// Asks the library.
    package static var installed: LibGit2Features {
        let bits = UInt32(bitPattern: git_libgit2_features())
        func has(_ feature: git_feature_t) -> Bool { bits & feature.rawValue != 0 }
        return LibGit2Features(
            version: version, https: has(GIT_FEATURE_HTTPS), ssh: has(GIT_FEATURE_SSH),
            threads: has(GIT_FEATURE_THREADS))
    }

    static var version: String {
        var (major, minor, revision): (Int32, Int32, Int32) = (0, 0, 0)
        git_libgit2_version(&major, &minor, &revision)
        return "\(major).\(minor).\(revision)"
    }

    /// What is missing, each with its remedy; empty when all is there.
    package var problems: [String] {
        let remedy = "install Debian's libgit2-1.5 in place of the library found"
        var found: [String] = []
        if !threads { found.append("libgit2 \(self.version) was built without threads; \(remedy)") }
        if !https {
            found.append("libgit2 \(self.version) was built without https; \(remedy), or use an 'ssh' address")
        }
        if !ssh { found.append("libgit2 \(self.version) was built without ssh; \(remedy), or use an 'https' address") }
        return found
    }
}
