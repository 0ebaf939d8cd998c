/// `uv.lock`: a lock for every platform at once. What the project itself needs on this one is found by following its dependencies;
/// development groups and extras that nobody asks for are left out.
struct UVLockReader {
    /// Packages and extras that are followed.
    private static let most = 100_000

    private let environment: MarkerEnvironment
    private let byName: [String: [Value]]
    private let roots: [Value]

    init(_ lock: Value, environment: MarkerEnvironment) throws(InvalidInput) {
        guard lock["version"]?.integer == 1 else {
            throw InvalidInput("its version is not 1, the one that is read here")
        }
        self.environment = environment
        let all = lock.tables("package")
        var byName: [String: [Value]] = [:]
        for package in all {
            byName[LockedPackage.normalised(try package.text("name", of: "a package")), default: []].append(package)
        }
        self.byName = byName
        roots = all.filter { $0["source"]?["virtual"] != nil || $0["source"]?["editable"] != nil }
        if roots.isEmpty { throw InvalidInput("it has no project of its own whose packages would be meant") }
        if let python = lock["requires-python"]?.string { try require(python) }
    }

    private func require(_ specifier: String) throws(InvalidInput) {
        for part in specifier.split(separator: ",") {
            let text = String(part.filter { $0 != " " })
            let sign = String(text.prefix { "<>=!~".contains($0) })
            let marker = "python_full_version \(sign) '\(text.dropFirst(sign.count))'"
            guard try MarkerExpression.holds(marker, in: environment) else {
                let python = environment.variables["python_full_version"] ?? "another"
                throw InvalidInput("the lock is for Python \(specifier), and this is \(python)")
            }
        }
    }

    /// A package and one of its extras; the empty extra is the package itself.
    private struct Visit: Hashable {
        var package: Value
        var extra: String
    }

    func packages() throws(InvalidInput) -> [LockedPackage] {
        var waiting = roots.map { Visit(package: $0, extra: "") }
        var seen = Set(waiting)
        var found: [LockedPackage] = []
        var names: [String: String] = [:]
        while let visit = waiting.popLast() {
            guard seen.count <= Self.most else { throw InvalidInput("it has too many packages") }
            let name = try visit.package.text("name", of: "a package")
            if visit.extra.isEmpty, !roots.contains(visit.package) {
                let package = try read(visit.package, name)
                if let other = names.updateValue(package.version, forKey: LockedPackage.normalised(name)) {
                    throw InvalidInput("\(name.quotedForMessage) is wanted as \(other) and as \(package.version)")
                }
                found.append(package)
            }
            for edge in edges(of: visit) {
                for next in try follow(edge, from: name) where seen.insert(next).inserted { waiting.append(next) }
            }
        }
        return found
    }

    private func edges(of visit: Visit) -> [Value] {
        if visit.extra.isEmpty { return visit.package.tables("dependencies") }
        return visit.package["optional-dependencies"]?.tables(visit.extra) ?? []
    }

    /// What an edge leads to, if it holds on this platform.
    private func follow(_ edge: Value, from parent: String) throws(InvalidInput) -> [Visit] {
        if let marker = edge["marker"]?.string, try !MarkerExpression.holds(marker, in: environment) { return [] }
        let name = try edge.text("name", of: "a dependency of \(parent)")
        var candidates = byName[LockedPackage.normalised(name)] ?? []
        if let version = edge["version"]?.string {
            candidates = candidates.filter { $0["version"]?.string == version }
        }
        if candidates.count > 1 {
            var meant: [Value] = []
            for package in candidates where try isMeant(package) { meant.append(package) }
            candidates = meant
        }
        guard candidates.count == 1, let package = candidates.first else {
            throw InvalidInput("\(parent) needs \(name.quotedForMessage), of which \(candidates.count) are locked")
        }
        let extras = (edge["extra"]?.list ?? []).compactMap(\.string)
        return ([""] + extras).map { Visit(package: package, extra: $0) }
    }

    private func isMeant(_ package: Value) throws(InvalidInput) -> Bool {
        let markers = (package["resolution-markers"]?.list ?? []).compactMap(\.string)
        for marker in markers where try MarkerExpression.holds(marker, in: environment) { return true }
        return markers.isEmpty
    }

    private func read(_ package: Value, _ name: String) throws(InvalidInput) -> LockedPackage {
        guard let index = package["source"]?["registry"]?.string else {
            let kind = package["source"]?.object?.keys.sorted().first ?? "nowhere"
            throw InvalidInput(
                "\(name.quotedForMessage) comes from its \(kind), not from an index; build a wheel of it, publish that, and "
                    + "lock again")
        }
        let files = package.tables("wheels") + [package["sdist"]].compactMap { $0 }
        return LockedPackage(
            name: name, version: try package.text("version", of: name),
            hashes: Set(files.compactMap { $0["hash"]?.string }).sorted(), index: index)
    }
}
