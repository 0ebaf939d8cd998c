import Glibc
package import WaybillCore

/// Lays a bundle out as a folder: its files by their names, its code as a folder. For tools that know no bundles.
///
/// The files are copies, hashed on the way, so that an edit of one is none of the content store. The folder comes to be as a whole
/// (`NewFolder`).
package struct BundleUnpacking: Sendable {
    package struct Report: Hashable, Sendable {
        package var files = 0
        package var size: Int64 = 0
    }

    private let content: ContentStore

    package init(_ content: ContentStore) { self.content = content }

    /// `destination` is an absolute path, at which is nothing or an empty folder.
    ///
    /// - Throws: `FolderTaken`, `BundleUnsafe` for names that lead elsewhere, `BundlePacked` for layers that are packed in a way that is not
    ///   Waybill's, `BundleDamaged` when bytes are missing or rotten.
    package func run(_ bundle: StoredBundle, to destination: String) async throws(Failure) -> Report {
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        return try await content.work.run { [content] (cancellation) throws(Failure) in
            let names = try UnpackedNames(bundle)
            let folder = try NewFolder(at: destination)
            do throws(Failure) {
                try DiskSpace(path: folder.place).require(bundle.size)
                var copy = UnpackedCopy(
                    content: content, bundle: bundle, folder: folder.place, names: names, cancellation: cancellation)
                for layer in bundle.layers { try copy.unpack(layer) }
                try folder.publish()
                return copy.report
            } catch {
                folder.abandon()
                throw error
            }
        }
    }
}

/// The names in a folder that a bundle becomes: clean, no two of them equal, and none both a file and a folder.
struct UnpackedNames {
    private let bundle: String
    private var files: Set<String> = []
    private var folders: Set<String> = []

    /// Takes those of all layers.
    init(_ bundle: StoredBundle) throws(Failure) {
        self.bundle = bundle.version ?? bundle.descriptor.digest.description
        for layer in bundle.layers {
            if ModelPack.Layer(mediaType: layer.mediaType) != .codeFolder, Self.isPacked(layer.mediaType) {
                throw Failure(
                    .stall, reason: "BundlePacked",
                    message:
                        "\(layer.path.quotedForMessage) of \(self.bundle) is packed (\(layer.mediaType.quotedForMessage)) in a way "
                        + "that only the tool knows which made it; unpack it with that")
            }
            try take(layer.path)
        }
    }

    private static func isPacked(_ mediaType: String) -> Bool {
        mediaType.split { !$0.isLetter && !$0.isNumber }.contains {
            ["tar", "gzip", "zstd", "lz4", "zip"].contains($0)
        }
    }

    mutating func take(_ path: String) throws(Failure) {
        if let problem = CleanPath.problemOfRelative(path) { throw unsafe(problem) }
        guard !folders.contains(path), files.insert(path).inserted else {
            throw unsafe("\(path.quotedForMessage) is in it twice")
        }
        for index in path.indices where path[index] == "/" {
            let folder = String(path[..<index])
            guard !files.contains(folder) else {
                throw unsafe("\(folder.quotedForMessage) is a file and a folder in it")
            }
            folders.insert(folder)
        }
    }

    /// A layer that becomes a folder.
    mutating func makeFolder(of path: String) {
        files.remove(path)
        folders.insert(path)
    }

    func unsafe(_ what: String) -> Failure {
        Failure(.stall, reason: "BundleUnsafe", message: "\(bundle) is not unpacked: \(what)")
    }
}
