import Foundation
import WaybillCore

/// Reads `waybill.yaml` against `ConfigurationField.all`.
protocol ConfigurationFileReading: Sendable {
    /// Canonical values by field path.
    ///
    /// - Throws: everything that is wrong with the file, in the order of places.
    func read(_ bytes: [UInt8], path: String) throws(ConfigurationProblems) -> ConfigurationFileValues
}

/// What a configuration file says, and where.
struct ConfigurationFileValues: Hashable, Sendable {
    /// By field path.
    var values: Members
    /// The place of each value, as a problem without words.
    var places: [String: Diagnostic] = [:]
}

/// What is wrong with a configuration file, each in its place.
struct ConfigurationProblems: Error, Hashable, Sendable {
    var diagnostics: [Diagnostic]

    /// With places from the top of a repository.
    func below(_ top: String) -> ConfigurationProblems {
        var problems = self
        for index in diagnostics.indices where diagnostics[index].location.path.hasPrefix(top + "/") {
            let place = diagnostics[index].location
            problems.diagnostics[index].location = SourceLocation(
                path: String(place.path.dropFirst(top.count + 1)), line: place.line, column: place.column)
        }
        return problems
    }

    var failure: Failure {
        Failure(
            .stall, reason: "InvalidConfiguration",
            message: diagnostics.map { DiagnosticText.text($0) }.joined(separator: "\n"))
    }
}

/// Where settings come from when a command starts.
struct ConfigurationSources: Sendable {
    /// Settings given as flags, by field path, as text.
    var flags: [String: String]
    var configFlag: String?
    var variables: [String: String]
    var workingFolder: String
    var isRoot: Bool
    var reader: (any ConfigurationFileReading)?

    static let fileName = "waybill.yaml"
    static let longestFile = 1024 * 1024

    func resolve() throws(Failure) -> WaybillConfiguration {
        do {
            return try checked()
        } catch let error as InvalidInput {
            throw Failure(.stall, reason: "InvalidConfiguration", message: error.message)
        } catch let problems as ConfigurationProblems {
            throw problems.failure
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.stall, reason: "InvalidConfiguration", message: "\(error)")
        }
    }

    /// - Throws: `ConfigurationProblems` for problems with a place in the file, `InvalidInput` and `Failure` for others.
    func checked() throws -> WaybillConfiguration {
        var layers = [try flagLayer(), try .environment(variables, folder: workingFolder)]
        if let file = try file() { layers.append(try layer(of: file)) }
        do {
            return try WaybillConfiguration(layers: layers, standardState: try standardState())
        } catch {
            // A message begins with the setting that it is about.
            let setting = String(error.message.prefix { $0 != " " && $0 != ":" })
            guard let source = layers.first(where: { $0.values[setting] != nil }), var place = source.places[setting]
            else { throw error }
            place.message = error.message
            throw ConfigurationProblems(diagnostics: [place])
        }
    }

    private func flagLayer() throws(InvalidInput) -> ConfigurationLayer {
        var layer = ConfigurationLayer(folder: workingFolder)
        for (path, text) in flags {
            layer.values[path] = try ConfigurationField.named(path)?.type.parse(text) ?? .string(text)
        }
        return layer
    }

    /// The file that is named, which must exist, or the one in the working folder, if there is one.
    private func file() throws(Failure) -> String? {
        let named = configFlag ?? variables["WAYBILL_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        guard let named else {
            let here = workingFolder + "/" + Self.fileName
            return FileManager.default.fileExists(atPath: here) ? here : nil
        }
        let path = named.hasPrefix("/") ? named : workingFolder + "/" + named
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(.stall, reason: "InvalidConfiguration", message: "\(path): no such configuration file")
        }
        return path
    }

    private func layer(of path: String) throws -> ConfigurationLayer {
        guard let reader else {
            throw Failure(
                .stall, reason: "InvalidConfiguration",
                message: "\(path): this build cannot read configuration files; use flags or WAYBILL_ variables")
        }
        guard let handle = FileHandle(forReadingAtPath: path),
            let bytes = try? handle.read(upToCount: Self.longestFile + 1) ?? Data()
        else {
            throw Failure(.stall, reason: "InvalidConfiguration", message: "\(path): cannot be read")
        }
        guard bytes.count <= Self.longestFile else {
            throw Failure(.stall, reason: "InvalidConfiguration", message: "\(path): larger than 1 MiB")
        }
        let folder = (path as NSString).deletingLastPathComponent
        let read = try reader.read(Array(bytes), path: path)
        return ConfigurationLayer(values: read.values, folder: folder, places: read.places)
    }

    /// Where state is kept unless something else is said.
    private func standardState() throws(InvalidInput) -> String {
        if isRoot { return "/var/lib/waybill" }
        if let folder = variables["XDG_STATE_HOME"], folder.hasPrefix("/") { return folder + "/waybill" }
        guard let home = variables["HOME"], home.hasPrefix("/") else {
            throw InvalidInput("HOME is not set, so that there is no place for state; use --state")
        }
        return home + "/.local/state/waybill"
    }
}
