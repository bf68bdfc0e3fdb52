import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c}from"./chunk-ILI4AYWQ.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as imagesPath,b as readImagesFile,c as withImages};
