# Installs the formula's files as Homebrew does, for packaging/test, where there is no Homebrew.
#
#   ruby poured.rb FORMULA DIST SYSTEM CPU PREFIX
#
# Downloads come from DIST, and their sums are checked. SYSTEM and CPU are the names of Homebrew's blocks: on_linux, on_intel. It
# knows what of the language of formulas ours uses; a word that it does not know ends it.
require "digest"
require "fileutils"
require "pathname"
require "tmpdir"

FORMULA, DIST, SYSTEM, CPU, PREFIX = ARGV

class Pathname
  def install(*paths)
    mkpath
    paths.each { |path| FileUtils.cp_r(path, self) }
  end

  alias write_only write

  def write(text)
    dirname.mkpath
    write_only(text)
  end
end

# An archive that is downloaded.
class Download
  def initialize(&block) = block && instance_eval(&block)

  def url(value) = @url = value

  def sha256(value) = @sha256 = value

  def stage
    archive = Pathname(DIST)/File.basename(@url)
    found = Digest::SHA256.file(archive).hexdigest
    raise "#{archive}: its SHA-256 is #{found}, and the formula has #{@sha256}" if found != @sha256

    Dir.mktmpdir do |scratch|
      system("tar", "-xzf", archive.to_s, "-C", scratch, exception: true)
      inside = Pathname(scratch).children
      raise "#{archive} has not one directory" if inside.length != 1

      Dir.chdir(inside.first) { yield }
    end
  end
end

class Formula
  class << self
    attr_reader :stable, :resources, :described

    def inherited(formula)
      super
      formula.instance_exec { @stable, @resources, @described = Download.new, {}, {} }
    end

    %i[desc homepage version license].each { |name| define_method(name) { |value| @described[name] = value } }
    %i[on_macos on_linux on_intel on_arm].each do |name|
      define_method(name) { |&block| block.call if [SYSTEM, CPU].include?(name.to_s) }
    end
    %i[url sha256].each { |name| define_method(name) { |value| @stable.public_send(name, value) } }

    def resource(name, &block) = @resources[name] = Download.new(&block)

    # It would run what `brew install` has installed.
    def test = nil
  end

  def bin = Pathname(PREFIX)/"bin"

  def libexec = Pathname(PREFIX)/"libexec"

  def resource(name) = self.class.resources.fetch(name)

  def inreplace(path, old, new)
    text = File.read(path)
    raise "#{path} has no #{old}" unless text.include?(old)

    File.write(path, text.gsub(old, new))
  end
end

load FORMULA
formula = AgentHandoff.new
AgentHandoff.stable.stage { formula.install }
formula.bin.children.each { |path| path.chmod(0o755) }
puts formula.caveats
