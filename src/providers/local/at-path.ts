/** What goes wrong while bytes are written, as on a full disk, does not say to which file: it does here. */
export async function atPath<T>(path: string, writing: Promise<T>): Promise<T> {
  try {
    return await writing
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { path })
  }
}
