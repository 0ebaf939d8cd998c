import Glibc
import WaybillCore

/// Writes the files of a bundle into a folder of its own.
struct UnpackedCopy {
    let content: ContentStore
    let bundle: StoredBundle
    /// Absolute.
    let folder: String
    var names: UnpackedNames
    let cancellation: Cancellation
    private(set) var report = BundleUnpacking.Report()

    /// Files of a folder of code.
    private static let memberLimit = 100_000
    private static let pieceSize: Int64 = 1 << 20

    init(
        content: ContentStore, bundle: StoredBundle, folder: String, names: UnpackedNames, cancellation: Cancellation
    ) {
        self.content = content
        self.bundle = bundle
        self.folder = folder
        self.names = names
        self.cancellation = cancellation
    }

    mutating func unpack(_ layer: StoredBundle.Layer) throws(Failure) {
        let (blob, damaged) = (content.layout.blob(layer.digest), damaged(layer))
        if ModelPack.Layer(mediaType: layer.mediaType) == .codeFolder {
            guard case .sound = try content.examine(layer.digest, cancellation) else { throw damaged }
            names.makeFolder(of: layer.path)
            return try unpackCode(layer, blob)
        }
        let source = open(blob, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { throw damaged }
        defer { close(source) }
        try write(layer.path, mode: 0o644) { [cancellation] (descriptor, path) throws(Failure) in
            let copy = FileCopy(source: source, sourcePath: blob, cancellation: cancellation)
            let found = try copy.copy(to: descriptor, path: path, limit: layer.size)
            guard found?.digest == layer.digest else { throw damaged }
            return layer.size
        }
    }

    /// A tar of plain files, as `CodeArchive` makes it; anything else in it is refused.
    private mutating func unpackCode(_ layer: StoredBundle.Layer, _ blob: String) throws(Failure) {
        var members: [TarMember] = []
        let source: FileBytes
        do throws(InspectionError) {
            source = try FileBytes(path: blob)
            var reader = TarReader(source)
            while members.count <= Self.memberLimit, let member = try reader.next() { members.append(member) }
        } catch { throw names.unsafe("\(layer.path.quotedForMessage) is no sound tar: \(error.words)") }
        guard members.count <= Self.memberLimit else {
            throw names.unsafe("\(layer.path.quotedForMessage) has more than \(Self.memberLimit) files")
        }
        for member in members {
            guard member.kind == .file else {
                throw names.unsafe("\(member.name.quotedForMessage) in \(layer.path.quotedForMessage) is no plain file")
            }
            if let problem = CleanPath.problemOfRelative(member.name) { throw names.unsafe(problem) }
            let path = "\(layer.path)/\(member.name)"
            try names.take(path)
            try write(path, mode: member.isExecutable ? 0o755 : 0o644) { (descriptor, path) throws(Failure) in
                try Self.copy(member, of: source, blob, to: descriptor, path)
            }
        }
    }

    private static func copy(
        _ member: TarMember, of source: FileBytes, _ blob: String, to descriptor: Int32, _ path: String
    ) throws(Failure) -> Int64 {
        var done: Int64 = 0
        while done < member.size {
            let piece: [UInt8]
            do throws(InspectionError) {
                piece = try source.bytes(at: member.start + done, count: Int(min(pieceSize, member.size - done)))
            } catch { throw Failure(.retry, reason: "StoreUnavailable", message: "\(blob): \(error.words)") }
            do throws(SystemError) { try FileCopy.write(piece, to: descriptor, path: path) } catch {
                throw .disk(error)
            }
            done += Int64(piece.count)
        }
        return done
    }

    private mutating func write(
        _ path: String, mode: mode_t, _ fill: (Int32, String) throws(Failure) -> Int64
    ) throws(Failure) {
        if cancellation.isCancelled { throw .cancelled }
        let file = "\(folder)/\(path)"
        let descriptor: Int32
        do throws(SystemError) {
            try makeFolders(above: path)
            descriptor = try call("make", file, open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600))
        } catch { throw .disk(error) }
        defer { close(descriptor) }
        report.size += try fill(descriptor, file)
        do throws(SystemError) { try call("set the mode of", file, fchmod(descriptor, mode)) } catch {
            throw .disk(error)
        }
        report.files += 1
    }

    private func makeFolders(above path: String) throws(SystemError) {
        for index in path.indices where path[index] == "/" {
            try makeFolder("\(folder)/\(path[..<index])", mode: 0o755)
        }
    }

    private func damaged(_ layer: StoredBundle.Layer) -> Failure {
        Failure(
            .stall, reason: "BundleDamaged",
            message:
                "\(layer.path.quotedForMessage) (\(layer.digest)) is missing or rotten in \(content.layout.image); run 'waybill "
                + "package verify', which fetches it again")
    }
}
