import Glibc
import WaybillCore

/// Where things stand below the content store's root.
///
///     layout/         an OCI image layout that other tools read as it is: oci-layout, index.json, blobs/sha256/HEX
///     partial/HEX     bytes that arrived of a blob; what a cut transfer left is gone on with
///     records/HEX     what the blob looked like when it was last hashed
///     quarantine/     blobs whose bytes were found to be others
///     noted/          empty files, by the names in quarantine that the ledger knows of
///     bundled/HEX     the bundle of a name that the ledger knows of, by the digest of the name
///     wheels/KEY      which blobs are the wheels of a Python environment's lock
///     uploads/        how far pushes to registries came
///     places/HEX      repositories of registries that have the blob
///     locks/          held while a blob arrives, the index is written, or bundles are made
struct ContentLayout: Hashable, Sendable {
    let root: String

    var image: String { "\(root)/layout" }
    var index: String { "\(image)/index.json" }
    var blobs: String { "\(image)/blobs/sha256" }
    var partial: String { "\(root)/partial" }
    var records: String { "\(root)/records" }
    var quarantine: String { "\(root)/quarantine" }
    func wheels(_ key: String) -> String { "\(wheels)/\(key)" }
    var wheels: String { "\(root)/wheels" }
    var noted: String { "\(root)/noted" }
    func bundled(_ name: String) -> String { "\(bundled)/\(Digest(of: name.utf8).hex)" }
    var bundled: String { "\(root)/bundled" }
    var locks: String { "\(root)/locks" }
    var uploads: String { "\(root)/uploads" }
    var places: String { "\(root)/places" }

    func blob(_ digest: Digest) -> String { "\(blobs)/\(digest.hex)" }
    func partial(_ digest: Digest) -> String { "\(partial)/\(digest.hex)" }
    func lock(_ digest: Digest) -> String { "\(locks)/\(digest.hex)" }
    func place(_ digest: Digest) -> String { "\(places)/\(digest.hex)" }
    func record(_ digest: Digest) -> FolderIndex { FolderIndex(path: "\(records)/\(digest.hex)") }
    var indexLock: String { "\(locks)/index" }
    /// Shared by everyone who makes bundles or places blobs, held alone by who removes blobs.
    var useLock: String { "\(locks)/use" }

    static let marker = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)

    /// Makes what is missing. The image layout comes into being whole, or not.
    func make() throws(Failure) {
        do throws(SystemError) {
            try makeFolder(root, mode: 0o700)
            for path in [partial, records, quarantine, noted, bundled, wheels, locks, uploads, places] {
                try makeFolder(path, mode: 0o700)
            }
            if try fileStatus(image) != nil { return }
            var name = Array("\(partial)/layout.XXXXXX".utf8CString)
            guard mkdtemp(&name) != nil else {
                throw SystemError(operation: "make folder", path: "\(partial)/layout", code: errno)
            }
            let new = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            try makeFolder("\(new)/blobs", mode: 0o755)
            try makeFolder("\(new)/blobs/sha256", mode: 0o755)
            try call("set the mode of", new, chmod(new, 0o755))
            try DurableFile.replace("\(new)/index.json", with: ImageIndex().bytes, mode: 0o644, scratch: new)
            try DurableFile.replace("\(new)/oci-layout", with: Self.marker, mode: 0o644, scratch: new)
            try syncFolder("\(new)/blobs")
            if rename(new, image) != 0 {
                let error = SystemError(operation: "rename", path: new, code: errno)
                try removeTree(new)
                // Another process was first.
                guard error.code == EEXIST || error.code == ENOTEMPTY else { throw error }
            }
            try syncFolder(root)
        } catch { throw .disk(error) }
    }
}
