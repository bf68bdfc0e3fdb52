import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
var n={name:"@aws-sdk/nested-clients",version:"3.998.3"};export{n as a};
