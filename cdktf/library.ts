/** What we use of cdktf and constructs: dist/ holds it once, for all compilers (scripts/bundle.ts). */
export {
  App,
  ComplexList,
  ComplexObject,
  canInspect,
  DefaultTokenResolver,
  dependable,
  Fn,
  GcsBackend,
  hashMapper,
  isComplexElement,
  listMapper,
  S3Backend,
  StringConcat,
  StringMap,
  StringMapList,
  TerraformDataSource,
  TerraformElement,
  TerraformLocal,
  TerraformOutput,
  TerraformProvider,
  TerraformResource,
  TerraformStack,
  Tokenization,
} from 'cdktf'
export { deepMerge } from 'cdktf/lib/util.js'
export { Construct } from 'constructs'
