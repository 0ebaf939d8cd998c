package import WaybillCore

/// What a bundle says of itself, and what its bytes say.
package struct BundleInside: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        package var path: String
        package var digest: Digest
        package var inspection: Inspection
    }

    /// A package of the environment's lock.
    package struct Library: Hashable, Sendable {
        package var name: String
        package var version: String
        /// Of the files that may be installed.
        package var hashes: [String]
    }

    /// `spec` of the rendered `ModelVersion` in it; null in a bundle that Waybill did not make.
    package var spec: Value = .null
    package var libraries: [Library] = []
    /// Why the lock was not read.
    package var lockProblem: String?
    /// The model's own files, looked into without running them.
    package var files: [File] = []

    package init() {}
}

extension ContentStore {
    /// Looks into a bundle: its own description, the packages of its lock, and each of the model's files by its bytes. What cannot be read
    /// is said of the file.
    package func inside(_ bundle: StoredBundle, allowing: AllowList) async throws(Failure) -> BundleInside {
        var inside = BundleInside()
        inside.spec = try await spec(of: bundle) ?? .null
        do throws(Failure) {
            inside.libraries = try await libraries(of: bundle, spec: inside.spec).map { library in
                BundleInside.Library(
                    name: library.name, version: library.version,
                    hashes: library.hashes.map { "\($0.algorithm):\($0.hex)" }.sorted())
            }
        } catch { inside.lockProblem = error.message }
        let paths = bundle.layers.filter { !$0.path.hasPrefix("\(BundleFile.ownFolder)/") }
        inside.files = try await work.run { [layout] (cancellation) throws(Failure) in
            let blobs = Dictionary(
                bundle.layers.map { ($0.path, layout.blob($0.digest)) }, uniquingKeysWith: { first, _ in first })
            let inspector = Inspector(allowing: allowing)
            var files: [BundleInside.File] = []
            for layer in paths {
                if cancellation.isCancelled { throw .cancelled }
                let found = inspector.inspect(layer.path, in: BundleNeighbours(blobs: blobs, folder: ""))
                files.append(BundleInside.File(path: layer.path, digest: layer.digest, inspection: found))
            }
            return files
        }
        return inside
    }
}

/// The files of a bundle, as they would stand in one folder.
struct BundleNeighbours: Neighbours {
    /// Blobs by the paths of their layers.
    let blobs: [String: String]
    /// Where the model file stands; with a '/' at its end, or empty.
    let folder: String

    func open(_ path: String) throws(InspectionError) -> any ByteSource {
        if let problem = CleanPath.problemOfRelative(path) { throw .malformed(problem) }
        guard let blob = blobs[folder + path] else { throw .malformed("there is no such file") }
        return try FileBytes(path: blob)
    }
}

extension Inspector {
    /// What is inside a file of a bundle; data that it keeps in other files is looked for among the bundle's.
    fileprivate func inspect(_ path: String, in bundle: BundleNeighbours) -> Inspection {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let folder = BundleNeighbours(blobs: bundle.blobs, folder: String(path.dropLast(name.count)))
        do throws(InspectionError) {
            guard let blob = bundle.blobs[path] else { throw .malformed("there is no such file") }
            let source = try FileBytes(path: blob)
            var scan = Scan(budget: InspectionBudget(limits), neighbours: folder, allowing: allowing)
            return scan.inspect(source, name: name)
        } catch { return Inspection(format: nil, findings: [.init(.unscanned, error.words)]) }
    }
}
