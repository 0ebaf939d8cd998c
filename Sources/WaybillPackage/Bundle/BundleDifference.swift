import WaybillCore

/// What differs between two bundles, as a reviewer asks: other weights, or only words about them?
package struct BundleDifference: Hashable, Sendable {
    package enum Change: String, Hashable, Sendable { case added, removed, changed }

    /// A file, a fact of the config, or an annotation that differs.
    package struct Item: Hashable, Sendable {
        package var change: Change
        package var name: String
        package var before: String?
        package var after: String?
    }

    package var files: [(item: Item, layer: ModelPack.Layer?)] = []
    package var facts: [Item] = []
    /// What the environment's lock names.
    package var packages: [Item] = []
    /// What the headers of the files name, after the file's path.
    package var tensors: [Item] = []

    /// With what is inside of both, packages, tensors, and what the versions say of themselves are compared, too.
    package init(
        from old: StoredBundle, to new: StoredBundle, inside: (old: BundleInside, new: BundleInside)? = nil
    ) {
        let (before, after) = (Self.byPath(old), Self.byPath(new))
        for path in Set(before.keys).union(after.keys).sorted() {
            let (left, right) = (before[path], after[path])
            if left?.digest == right?.digest, left?.mediaType == right?.mediaType { continue }
            let item = Item(
                change: Self.change(left, right), name: path, before: left?.digest.description,
                after: right?.digest.description)
            files.append((item, (right ?? left).flatMap { ModelPack.Layer(mediaType: $0.mediaType) }))
        }
        facts = Self.items(Self.facts(of: old), Self.facts(of: new))
        guard let inside else { return }
        facts += Self.items(inside.old.statedFacts, inside.new.statedFacts)
        packages = Self.packages(inside.old.libraries, inside.new.libraries)
        tensors = Self.items(inside.old.tensorTexts, inside.new.tensorTexts)
    }

    private static func packages(_ old: [BundleInside.Library], _ new: [BundleInside.Library]) -> [Item] {
        let (was, now) = (Dictionary(grouping: old, by: \.name), Dictionary(grouping: new, by: \.name))
        func versions(_ found: [BundleInside.Library]?) -> String? { found?.map(\.version).joined(separator: ", ") }
        return Set(was.keys).union(now.keys).sorted().filter { was[$0] != now[$0] }.map { name in
            let (before, after) = (versions(was[name]), versions(now[name]))
            // A lock that allows other files of the same version asks for other bytes.
            let files = before == after ? ", other files" : ""
            return Item(
                change: change(before, after), name: name, before: before, after: after.map { $0 + files })
        }
    }

    /// What differs between two lists of named texts, by name.
    private static func items(_ was: [String: String], _ now: [String: String]) -> [Item] {
        Set(was.keys).union(now.keys).sorted().filter { was[$0] != now[$0] }.map { name in
            Item(change: change(was[name], now[name]), name: name, before: was[name], after: now[name])
        }
    }

    package var isEmpty: Bool { files.isEmpty && facts.isEmpty && packages.isEmpty && tensors.isEmpty }

    /// One sentence that says what kind of difference it is.
    package var summary: String {
        if isEmpty { return "the same content" }
        let kinds = Set(files.map { $0.layer ?? .weight })
        if kinds.contains(.weight) { return "the weights differ" }
        if kinds.contains(.weightConfig) { return "the weights are the same, files that are loaded with them differ" }
        if kinds.contains(.code) { return "the weights are the same, code or environment differ" }
        return files.isEmpty ? "the files are the same" : "the weights are the same, only words about them differ"
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.files.map(\.item) == right.files.map(\.item) && left.facts == right.facts
            && left.packages == right.packages && left.tensors == right.tensors
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(facts) }

    private static func byPath(_ bundle: StoredBundle) -> [String: StoredBundle.Layer] {
        // What names the version itself differs between any two versions.
        let files = bundle.layers.filter { $0.path != BundleContent.versionPath }
        return Dictionary(files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func facts(of bundle: StoredBundle) -> [String: String] {
        var facts: [String: String] = bundle.annotations
        for part in ["descriptor", "config"] {
            for (name, value) in bundle.configValue[part]?.object ?? [:] {
                facts["\(part).\(name)"] = value.string ?? value.json
            }
        }
        return facts
    }

    private static func change<Thing>(_ before: Thing?, _ after: Thing?) -> Change {
        if before == nil { return .added }
        return after == nil ? .removed : .changed
    }
}
