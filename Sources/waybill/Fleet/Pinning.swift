import Foundation
import WaybillCore
import WaybillManifest
import WaybillPackage

/// Writes what names mean today beside them in the manifests of model versions, and the digests and sizes that were left to it. Changes
/// the bytes of those scalars and no others.
struct Pinning: Sendable {
    /// Top of the fleet repository.
    let top: String
    let pins: SourcePins

    /// What stands in the place of a digest or a size that is to be found out.
    static let placeholder = "pin"

    struct Edit: Hashable, Sendable {
        var id: ResourceID
        var place: [FieldStep]
        var old: String
        var new: String
    }

    struct PinnedFile: Sendable {
        var path: String
        var before: [UInt8]
        var after: [UInt8]
        var edits: [Edit]
    }

    /// - Throws: the first thing that could not be found out, with its place.
    func pinned(_ path: String, _ bytes: [UInt8]) async throws(Failure) -> PinnedFile {
        var file = PinnedFile(path: path, before: bytes, after: bytes, edits: [])
        for version in WrittenVersion.all(in: bytes) {
            for artifact in version.artifacts { try await pin(artifact, of: version, in: &file) }
            try await pinCode(of: version, in: &file)
        }
        return file
    }

    private func pin(
        _ artifact: WrittenVersion.Artifact, of version: WrittenVersion, in file: inout PinnedFile
    ) async throws(Failure) {
        guard let source = artifact.source else { return }
        let name = "'\(artifact.path ?? source.text)' of \(version.id)"
        do throws(Failure) {
            let (text, known) = try await fixed(source.text)
            if text != source.text { try write(text, source, version, in: &file) }
            if let known, let digest = artifact.digest?.text, digest != Self.placeholder,
                digest != known.digest.description
            {
                throw Failure(
                    .stall, reason: "ArtifactMismatch",
                    message:
                        "it is \(known.digest) now, and the manifest has another digest; write 'digest: pin' if it is meant"
                )
            }
            let wanted = [artifact.digest, artifact.size].compactMap(\.self).filter { $0.text == Self.placeholder }
            if wanted.isEmpty { return }
            let found: (digest: Digest, size: Int64)
            if let known { found = known } else { found = try await measure(text) }
            for scalar in wanted {
                try write(
                    scalar == artifact.digest ? found.digest.description : String(found.size), scalar, version,
                    in: &file)
            }
        } catch {
            throw Failure(error.disposition, reason: error.reason, message: "\(file.path): \(name): \(error.message)")
        }
    }

    /// A source with a name that does not move, and what it gives where that became known on the way.
    private func fixed(_ text: String) async throws(Failure) -> (text: String, content: (digest: Digest, size: Int64)?)
    {
        guard (try? ArtifactSource(parsing: text)) == nil,
            let scheme = RemoteSource.Scheme(rawValue: String(text.prefix { $0 != ":" }))
        else { return (text, nil) }
        if let names = pins.names[scheme] { return (try await names.pinned(text) ?? text, nil) }
        guard let resolver = pins.resolvers[scheme] else { return (text, nil) }
        let found = try await resolver.resolve(text)
        return (found.source.text, (found.digest, found.size))
    }

    private func pinCode(of version: WrittenVersion, in file: inout PinnedFile) async throws(Failure) {
        guard let repository = version.repository, let commit = version.commit,
            (try? CommitID(parsing: commit.text)) == nil
        else { return }
        do throws(Failure) {
            let address: RemoteAddress
            do throws(InvalidInput) { address = try RemoteAddress(parsing: repository) } catch {
                throw Failure(.stall, reason: "SourceInvalid", message: error.message)
            }
            let now = try await pins.repositories.resolve(commit.text, of: address)
            try write(now.hex, commit, version, in: &file)
        } catch {
            throw Failure(
                error.disposition, reason: error.reason,
                message: "\(file.path): the code of \(version.id): \(error.message)")
        }
    }

    private func measure(_ text: String) async throws(Failure) -> (digest: Digest, size: Int64) {
        let source: ArtifactSource
        do throws(InvalidInput) { source = try ArtifactSource(parsing: text) } catch {
            throw Failure(.stall, reason: "SourceInvalid", message: error.message)
        }
        switch source {
        case .repository(let path): return try measureFile("\(top)/\(path)")
        case .file(let path): return try measureFile(path)
        case .remote(let source):
            if let resolver = pins.resolvers[source.scheme] {
                let found = try await resolver.resolve(source.text)
                return (found.digest, found.size)
            }
            guard let measure = pins.measures[source.scheme] else {
                throw Failure(
                    .stall, reason: "SourceUnreadable",
                    message: "digests of '\(source.scheme.rawValue):' sources are not found out; write it by hand")
            }
            return try await measure.measure(source)
        }
    }

    private func measureFile(_ path: String) throws(Failure) -> (digest: Digest, size: Int64) {
        let (digest, size) = try VersionFiles.measure(path)
        if size < LFSPointer.limit, let bytes = FileManager.default.contents(atPath: path).map(Array.init),
            bytes.starts(with: LFSPointer.start), let pointer = try? LFSPointer(parsing: bytes)
        {
            return (pointer.digest, pointer.size)
        }
        return (digest, size)
    }

    private func write(
        _ text: String, _ scalar: WrittenVersion.Scalar, _ version: WrittenVersion, in file: inout PinnedFile
    ) throws(Failure) {
        do throws(InvalidInput) {
            file.after = try ManifestEdit.replaceScalar(in: file.after, of: version.id, at: scalar.path, with: text)
        } catch { throw Failure(.stall, reason: "CannotEdit", message: error.message) }
        file.edits.append(Edit(id: version.id, place: scalar.path, old: scalar.text, new: text))
    }
}

extension Pinning.PinnedFile {
    /// What changes, as `diff -U0` shows it.
    var difference: String {
        let (old, new) = (Self.lines(before), Self.lines(after))
        var text = "--- \(path.harmless)\n+++ \(path.harmless)\n"
        if old.count == new.count {
            for (index, (left, right)) in zip(old, new).enumerated() where left != right {
                text += "@@ -\(index + 1) +\(index + 1) @@\n-\(left.harmless)\n+\(right.harmless)\n"
            }
            return text
        }
        // A scalar that was written on several lines stands on one now.
        let head = zip(old, new).prefix { $0 == $1 }.count
        let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed()).prefix { $0 == $1 }.count
        let (gone, come) = (old[head..<(old.count - tail)], new[head..<(new.count - tail)])
        text += "@@ -\(head + 1),\(gone.count) +\(head + 1),\(come.count) @@\n"
        return text + gone.map { "-\($0.harmless)\n" }.joined() + come.map { "+\($0.harmless)\n" }.joined()
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map {
            String($0.hasSuffix("\r") ? $0.dropLast() : $0)
        }
    }
}
