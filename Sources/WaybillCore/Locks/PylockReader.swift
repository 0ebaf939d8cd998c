/// `pylock.toml`, the lock of PEP 751. Extras and dependency groups are those of none: what is installed anyway.
struct PylockReader {
    let environment: MarkerEnvironment

    func packages(_ lock: Value) throws(InvalidInput) -> [LockedPackage] {
        let version = try lock.text("lock-version", of: "the lock")
        guard version.hasPrefix("1.") else {
            throw InvalidInput("its lock-version is \(version.quotedForMessage), and 1.x is read here")
        }
        try require(lock["requires-python"]?.string, of: "the lock")
        var found: [LockedPackage] = []
        var names: Set<String> = []
        for package in lock.tables("packages") {
            let name = try package.text("name", of: "a package")
            if let marker = package["marker"]?.string, try !MarkerExpression.holds(marker, in: environment) { continue }
            try require(package["requires-python"]?.string, of: name)
            guard names.insert(LockedPackage.normalised(name)).inserted else {
                throw InvalidInput("\(name.quotedForMessage) is locked twice for this interpreter")
            }
            found.append(try read(package, name))
        }
        return found
    }

    private func read(_ package: Value, _ name: String) throws(InvalidInput) -> LockedPackage {
        for kind in ["vcs", "directory", "archive"] where package[kind] != nil {
            throw InvalidInput(
                "\(name.quotedForMessage) comes from its \(kind), not from an index; build a wheel of it, publish that, and "
                    + "lock again")
        }
        let files = package.tables("wheels") + [package["sdist"]].compactMap { $0 }
        return LockedPackage(
            name: name, version: try package.text("version", of: name),
            hashes: files.flatMap { file in
                (file["hashes"]?.object ?? [:]).compactMap { kind, hash in hash.string.map { "\(kind):\($0)" } }
                    .filter { !$0.hasPrefix("md5:") && !$0.hasPrefix("sha1:") }
            }.sorted(), index: package["index"]?.string)
    }

    /// Whether this interpreter is one that the lock is for.
    private func require(_ specifier: String?, of what: String) throws(InvalidInput) {
        guard let specifier, let python = environment.variables["python_full_version"] else { return }
        for part in specifier.split(separator: ",") {
            let text = String(part.filter { $0 != " " })
            let sign = String(text.prefix { "<>=!~".contains($0) })
            let bound = String(text.dropFirst(sign.count))
            let marker = "python_full_version \(sign) '\(bound)'"
            guard try MarkerExpression.holds(marker, in: environment) else {
                throw InvalidInput("\(what) is for Python \(specifier), and this is \(python)")
            }
        }
    }
}
