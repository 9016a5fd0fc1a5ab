import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** What it takes to run OpenSearch without Docker. */
export interface JavaTools {
  /** Home folder of a JDK. */
  readonly javaHome: string;
  /** Its major version. */
  readonly javaVersion: number;
  /** Path of Maven's command. */
  readonly maven: string;
}

/** OpenSearch 3 is compiled for it. */
export const minimumJavaVersion = 21;

const windows = process.platform === 'win32';

/** Looks for a JDK of version 21 or newer (JAVA_HOME, PATH, the usual folders) and for Maven. */
export function findJavaTools(): JavaTools | { readonly missing: readonly string[] } {
  const jdk = javaHomes()
    .map((javaHome) => ({ javaHome, javaVersion: versionOf(javaHome) }))
    .find(({ javaVersion }) => javaVersion >= minimumJavaVersion);
  const maven = findMaven();
  if (jdk !== undefined && maven !== undefined) return { ...jdk, maven };
  return {
    missing: [
      ...(jdk === undefined ? [`a JDK of version ${minimumJavaVersion} or newer`] : []),
      ...(maven === undefined ? ['Maven (mvn)'] : []),
    ],
  };
}

function javaHomes(): string[] {
  const java = onPath(windows ? ['java.exe'] : ['java']);
  return [
    ...(process.env.JAVA_HOME ? [process.env.JAVA_HOME] : []),
    ...(java === undefined ? [] : [dirname(dirname(realpathSync(java)))]),
    ...subfolders('/usr/lib/jvm'),
    ...subfolders('/usr/java'),
    ...subfolders('/opt'),
    ...subfolders('/opt/java'),
    ...subfolders(join(homedir(), '.jdks')),
    ...subfolders(join(homedir(), '.sdkman/candidates/java')),
    ...subfolders('/Library/Java/JavaVirtualMachines').map((folder) => join(folder, 'Contents/Home')),
    ...subfolders('C:\\Program Files\\Java'),
    ...subfolders('C:\\Program Files\\Eclipse Adoptium'),
  ];
}

/** 0 where there is no JDK; the `jar` command tells a JDK from a mere runtime. */
function versionOf(javaHome: string): number {
  const release = join(javaHome, 'release');
  if (!existsSync(release) || !existsSync(join(javaHome, 'bin', windows ? 'jar.exe' : 'jar'))) return 0;
  return Number(/^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1] ?? 0);
}

function findMaven(): string | undefined {
  const commands = windows ? ['mvn.cmd'] : ['mvn'];
  const homes = [process.env.MAVEN_HOME, process.env.M2_HOME].filter((home) => home !== undefined);
  return (
    homes.flatMap((home) => commands.map((command) => join(home, 'bin', command))).find(existsSync) ??
    onPath(commands)
  );
}

function onPath(commands: readonly string[]): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => commands.map((command) => join(folder, command)))
    .find(existsSync);
}

function subfolders(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
